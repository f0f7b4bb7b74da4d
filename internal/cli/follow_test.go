package cli

import (
	"strings"
	"testing"
)

// TestFollowFormats writes a conversation with gaps, repeats and late segments as text,
// and takes each format that tshark's users know.
func TestFollowFormats(t *testing.T) {
	const gap = "../follow/testdata/33_follow_gap.pcap"
	goldenOutput(t, "follow.gap.golden", "follow", "-r", gap, "0")
	goldenOutput(t, "follow.lossy.golden", "follow", "-r", "../follow/testdata/lossy.pcap", "0", "--side", "1")
	for form, want := range map[string]string{
		"ascii":  "Follow: tcp,ascii\n",
		"hex":    "00000000  6f 6e 65 0a                                       one.\n",
		"ebcdic": "Follow: tcp,ebcdic\n",
		"raw":    "\n6f6e650a\n74776f0a\n",
		"c":      "static const unsigned char peer1_0[] = { /* packet 7 */\n0x6f, 0x6b, 0x0a };\n",
	} {
		if out, errs, code := tcplens(t, "follow", "-r", gap, "0", "--format", form); code != ExitOK || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, %s\n%s", form, code, errs, out)
		}
	}
	if out, _, code := tcplens(t, "follow", "-r", gap, "0", "--format", "raw", "--side", "1"); code != ExitOK || out != "ok\nbye\n" {
		t.Errorf("raw of one side: exit %d, %q", code, out)
	}
	if _, errs, code := tcplens(t, "follow", "-r", gap, "0", "--format", "yaml"); code != ExitUsage || !strings.Contains(errs, "text, ascii, hex, ebcdic, c, raw, messages") {
		t.Errorf("a format that there is not: exit %d, %s", code, errs)
	}
}
