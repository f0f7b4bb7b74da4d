package dissect

import (
	"bytes"
	"fmt"
)

var (
	pJFIF         = newProto("JPEG File Interchange Format", "JFIF (JPEG) image", "image-jfif")
	fJPEGMarker   = pJFIF.u16("image-jfif.marker", "Marker", Hex, names(jpegMarker))
	fJPEGSegment  = pJFIF.none("image-jfif.marker_segment", "Marker segment")
	fJPEGLength   = pJFIF.u16("image-jfif.length", "Length", Dec)
	fJPEGIdent    = pJFIF.add(TStringZ, "image-jfif.identifier", "Identifier", None)
	fJPEGVersion  = pJFIF.none("image-jfif.version", "Version")
	fJPEGMajor    = pJFIF.u8("image-jfif.version.major", "Major Version", Dec)
	fJPEGMinor    = pJFIF.u8("image-jfif.version.minor", "Minor Version", Dec)
	fJPEGUnits    = pJFIF.u8("image-jfif.units", "Units", Dec, names(list("No units; Xdensity and Ydensity specify the pixel aspect ratio", "Dots per inch", "Dots per centimeter")))
	fJPEGXDensity = pJFIF.u16("image-jfif.Xdensity", "Xdensity", Dec)
	fJPEGYDensity = pJFIF.u16("image-jfif.Ydensity", "Ydensity", Dec)
	fJPEGXThumb   = pJFIF.u8("image-jfif.Xthumbnail", "Xthumbnail", Dec)
	fJPEGYThumb   = pJFIF.u8("image-jfif.Ythumbnail", "Ythumbnail", Dec)
	fJPEGRGB      = pJFIF.bytes("image-jfif.RGB", "RGB values of thumbnail pixels")
	fJPEGFrame    = pJFIF.none("image-jfif.sof", "Start of Frame header")
	fJPEGDepth    = pJFIF.u8("image-jfif.sof.precision", "Sample Precision (bits)", Dec)
	fJPEGLines    = pJFIF.u16("image-jfif.sof.lines", "Lines", Dec)
	fJPEGSamples  = pJFIF.u16("image-jfif.sof.samples_per_line", "Samples per line", Dec)
	fJPEGNf       = pJFIF.u8("image-jfif.sof.nf", "Number of image components in frame", Dec)
	fJPEGComp     = pJFIF.u8("image-jfif.sof.c_i", "Component identifier", Dec)
	fJPEGHoriz    = pJFIF.u8("image-jfif.sof.h_i", "Horizontal sampling factor", Dec, mask(0xf0))
	fJPEGVert     = pJFIF.u8("image-jfif.sof.v_i", "Vertical sampling factor", Dec, mask(0x0f))
	fJPEGQuant    = pJFIF.u8("image-jfif.sof.tq_i", "Quantization table destination selector", Dec)
	fJPEGScan     = pJFIF.none("image-jfif.header.sos", "Start of Segment header")
	fJPEGNs       = pJFIF.u8("image-jfif.sos.ns", "Number of image components in scan", Dec)
	fJPEGSelect   = pJFIF.u8("image-jfif.sos.component_selector", "Scan component selector", Dec)
	fJPEGDC       = pJFIF.u8("image-jfif.sos.dc_entropy_selector", "DC entropy coding table destination selector", Dec, mask(0xf0))
	fJPEGAC       = pJFIF.u8("image-jfif.sos.ac_entropy_selector", "AC entropy coding table destination selector", Dec, mask(0x0f))
	fJPEGSs       = pJFIF.u8("image-jfif.sos.ss", "Start of spectral or predictor selection", Dec)
	fJPEGSe       = pJFIF.u8("image-jfif.sos.se", "End of spectral selection", Dec)
	fJPEGAh       = pJFIF.u8("image-jfif.sos.ah", "Successive approximation bit position high", Dec, mask(0xf0))
	fJPEGAl       = pJFIF.u8("image-jfif.sos.al", "Successive approximation bit position low or point transform", Dec, mask(0x0f))
	fJPEGHasNote  = pJFIF.none("image-jfif.header.comment", "Comment header")
	fJPEGNote     = pJFIF.str("image-jfif.comment", "Comment")
	fJPEGRemain   = pJFIF.bytes("image-jfif.remain_seg_data", "Remaining segment data")
	eJPEGNoJFIF   = pJFIF.none("image-jfif.app0-identifier-not-jfif", "Initial App0 segment with \"JFIF\" Identifier not found")
	fJPEGEntropy  = pJFIF.bytes("image-jfif.entropy_coded_segment", "Entropy-coded segment (dissection is not yet implemented)")
)

// jpegMarker names the markers (ITU-T T.81 table B.1).
func jpegMarker(v uint64) string {
	frame := func(kind, of string) string { return "Start of Frame (" + kind + ") - " + of }
	const plain, differential, huffman, arithmetic = "non-differential, ", "differential, ", "Huffman coding", "arithmetic coding"
	switch {
	case v == 0xff01:
		return "Reserved - For temporary private use in arithmetic coding"
	case v >= 0xffd0 && v <= 0xffd7:
		return fmt.Sprintf("Restart interval termination - Restart with modulo 8 count %d", v&7)
	case v >= 0xffe0 && v <= 0xffef:
		return fmt.Sprintf("Reserved for application segments - %d", v&15)
	case v >= 0xfff0 && v <= 0xfffd:
		return fmt.Sprintf("Reserved for JPEG extensions - %d", v&15)
	case v < 0xffc0 || v > 0xfffe:
		return ""
	}
	switch v {
	case 0xffc0:
		return frame(plain+huffman, "Baseline DCT")
	case 0xffc1:
		return frame(plain+huffman, "Extended sequential DCT")
	case 0xffc2:
		return frame(plain+huffman, "Progressive DCT")
	case 0xffc3:
		return frame(plain+huffman, "Lossless (sequential)")
	case 0xffc4:
		return "Define Huffman table(s)"
	case 0xffc5:
		return frame(differential+huffman, "Differential sequential DCT")
	case 0xffc6:
		return frame(differential+huffman, "Differential progressive DCT")
	case 0xffc7:
		return frame(differential+huffman, "Differential lossless (sequential)")
	case 0xffc8:
		return frame(plain+arithmetic, "Reserved for JPEG extensions")
	case 0xffc9:
		return frame(plain+arithmetic, "Extended sequential DCT")
	case 0xffca:
		return frame(plain+arithmetic, "Progressive DCT")
	case 0xffcb:
		return frame(plain+arithmetic, "Lossless (sequential)")
	case 0xffcc:
		return "Define arithmetic coding conditioning(s)"
	case 0xffcd:
		return frame(differential+arithmetic, "Differential sequential DCT")
	case 0xffce:
		return frame(differential+arithmetic, "Differential progressive DCT")
	case 0xffcf:
		return frame(differential+arithmetic, "Differential lossless (sequential)")
	case 0xffd8:
		return "Start of Image"
	case 0xffd9:
		return "End of Image"
	case 0xffda:
		return "Start of Scan"
	case 0xffdb:
		return "Define quantization table(s)"
	case 0xffdc:
		return "Define number of lines"
	case 0xffdd:
		return "Define restart interval"
	case 0xffde:
		return "Define hierarchical progression"
	case 0xffdf:
		return "Expand reference component(s)"
	case 0xfffe:
		return "Comment"
	}
	return ""
}

// The markers that are not like the others.
const (
	jpegSOI = 0xffd8
	jpegEOI = 0xffd9
	jpegSOS = 0xffda
	jpegCOM = 0xfffe
	jpegAPP = 0xffe0 // the first of the applications' segments
)

// jpeg shows the segments of a JPEG (ITU-T T.81 annex B, T.871).
func (c *cursor) jpeg() {
	c.u16(fJPEGMarker)
	jfif := false
	for n := 0; n < maxImageParts && c.ok() && c.left() > 0; n++ {
		marker := c.peek16(0)
		switch {
		case marker>>8 != 0xff || marker == 0xff00:
			c.entropy()
		case marker == 0xff01, marker >= 0xffd0 && marker <= jpegEOI:
			c.u16(fJPEGMarker)
		default:
			c.jpegSegment(marker, &jfif)
		}
	}
}

// entropy shows the bytes of the picture, which reach up to the next marker.
func (c *cursor) entropy() {
	b := c.rest()
	n := 0
	for {
		k := bytes.IndexByte(b[n:], 0xff)
		if k < 0 || n+k+1 >= len(b) {
			n = len(b)
			break
		}
		if n += k; b[n+1] != 0 {
			break
		}
		n += 2
	}
	if n == 0 {
		c.skip(c.left())
		return
	}
	c.bytes(fJPEGEntropy, n)
}

// jpegSegment shows a marker and the segment that it begins. jfif says whether one of
// JFIF has come.
func (c *cursor) jpegSegment(marker uint16, jfif *bool) {
	f := fJPEGSegment
	switch {
	case marker == jpegSOS:
		f = fJPEGScan
	case marker == jpegCOM:
		f = fJPEGHasNote
	case marker >= 0xffc0 && marker <= 0xffcf && marker != 0xffc4 && marker != 0xffc8 && marker != 0xffcc:
		f = fJPEGFrame
	}
	size := 2 + int(c.peek16(2))
	if c.on() {
		name := jpegMarker(uint64(marker))
		if name == "" {
			name = "Unknown"
		}
		c.addAt(f, c.pos, size, Node{text: fmt.Sprintf("%s: %s (0x%04X)", f.Name, name, marker)})
	}
	c.begin()
	c.u16(fJPEGMarker)
	c.u16(fJPEGLength)
	s := c.to(max(0, size-4))
	switch {
	case marker == jpegCOM:
		if n := s.left(); n > 0 {
			if b := s.raw(n); b != nil {
				s.add(fJPEGNote, n, Node{str: string(bytes.TrimRight(b, "\x00"))})
			}
		}
	case f == fJPEGFrame:
		s.jpegFrame()
	case f == fJPEGScan:
		s.jpegScan()
	case marker == jpegAPP && bytes.HasPrefix(s.rest(), []byte("JFIF\x00")):
		s.jfif()
		*jfif = true
	case marker == jpegAPP+1, marker == jpegAPP+2:
		s.jpegOf(*jfif)
	}
	if c.ok() && s.left() > 0 {
		n := s.left()
		if b := s.raw(n); b != nil {
			s.add(fJPEGRemain, n, Node{raw: b, text: "Remaining segment data: " + plural(n, "byte")})
		}
	}
	if c.ok() {
		c.end()
	}
}

// jpegOf shows whose an application's segment is. jfif says that one of JFIF came before.
func (c *cursor) jpegOf(jfif bool) {
	n := bytes.IndexByte(c.rest(), 0)
	if n < 0 {
		return
	}
	name := string(c.rest()[:n])
	c.skip(n + 1)
	if c.on() && c.ok() {
		label := fJPEGIdent.Name + ": " + printable(name)
		if name != "Exif" && name != "FPXR" {
			label += " (Unknown identifier)"
		}
		c.add(fJPEGIdent, n+1, Node{str: name, text: label})
		if name == "Exif" && !jfif {
			c.begin()
			c.expert(WarnSev, GroupProtocol, eJPEGNoJFIF, eJPEGNoJFIF.Name)
			c.end()
		}
	}
}

func (c *cursor) jfif() {
	c.strz(fJPEGIdent)
	if !c.need(9) {
		return
	}
	c.addAt(fJPEGVersion, c.pos, 2, Node{text: fmt.Sprintf("Version: %d.%d", c.peek(0), c.peek(1))})
	c.begin()
	c.u8(fJPEGMajor)
	c.u8(fJPEGMinor)
	c.end()
	c.u8(fJPEGUnits)
	c.u16(fJPEGXDensity)
	c.u16(fJPEGYDensity)
	if n := 3 * int(c.u8(fJPEGXThumb)) * int(c.u8(fJPEGYThumb)); n > 0 {
		c.bytes(fJPEGRGB, n)
	}
}

func (c *cursor) jpegFrame() {
	c.u8(fJPEGDepth)
	c.u16(fJPEGLines)
	c.u16(fJPEGSamples)
	for n := c.u8(fJPEGNf); n > 0 && c.ok(); n-- {
		c.u8(fJPEGComp)
		v := uint64(c.peek(0))
		c.skip(1)
		c.bits(fJPEGHoriz, 1, v)
		c.bits(fJPEGVert, 1, v)
		c.u8(fJPEGQuant)
	}
}

func (c *cursor) jpegScan() {
	for n := c.u8(fJPEGNs); n > 0 && c.ok(); n-- {
		c.u8(fJPEGSelect)
		v := uint64(c.peek(0))
		c.skip(1)
		c.bits(fJPEGDC, 1, v)
		c.bits(fJPEGAC, 1, v)
	}
	c.u8(fJPEGSs)
	c.u8(fJPEGSe)
	v := uint64(c.peek(0))
	c.skip(1)
	c.bits(fJPEGAh, 1, v)
	c.bits(fJPEGAl, 1, v)
}
