package dissect

import (
	"strconv"
	"strings"
)

// DNSMessage is a message of DNS in a few words, for lists of requests.
type DNSMessage struct {
	Proto   *Proto // DNS, mDNS or LLMNR
	Type    string // of the first question: "A", "AAAA", "HTTPS"; empty if nothing is asked
	Name    string // that it asks for
	Status  string // of an answer: its addresses or names, or why there are none
	Failed  bool   // the answer's code is not "No error" (RFC 1035 §4.1.1, RCODE)
	Answers int    // records in the answer section
}

// DNSMessageOf finds the message of DNS in the tree of a packet; the last one if
// there are several. Its texts are copies, cut to MaxRequestText, and not yet printable.
func DNSMessageOf(t *Tree) (m DNSMessage, ok bool) {
	at := -1
	for i := t.First(); i >= 0; i = t.Next(i) {
		switch t.Nodes[i].Field {
		case pDNS.self():
			m.Proto, at = pDNS, i
		case pMDNS.self():
			m.Proto, at = pMDNS, i
		case pLLMNR.self():
			m.Proto, at = pLLMNR, i
		}
	}
	if at < 0 {
		return m, false
	}
	var found []string
	var code uint64
	room := MaxRequestText
	within := t.Nodes[at].Depth
	answers := false // in that section
	for i := t.after(at); i >= 0 && t.Nodes[i].Depth > within; i = t.after(i) {
		n := &t.Nodes[i]
		if n.Depth == within+1 {
			answers = n.text == dnsSections(false)[1]
		}
		switch n.Field {
		case fDNSFlagsRCode:
			code = n.num
		case fDNSCountAnswers:
			m.Answers = int(n.num)
		case fDNSQryName:
			if m.Name == "" {
				m.Name = cutText(strings.Clone(n.str), MaxRequestText)
			}
		case fDNSQryType:
			if m.Type == "" {
				m.Type = dnsTypeShort(uint16(n.num))
			}
		case fDNSA, fDNSAAAA, fDNSCNAME, fDNSPTRDomainName, fDNSMXMailExchange, fDNSNS, fDNSTXT, fDNSSRVTarget:
			if v := n.Value(); answers && len(v) < room {
				room -= len(v) + 2
				found = append(found, v)
			}
		}
	}
	switch {
	case code != 0:
		m.Failed = true
		if m.Status = dnsRcodes(code); m.Status == "" {
			m.Status = "code " + strconv.FormatUint(code, 10)
		}
	case len(found) > 0:
		m.Status = strings.Join(found, ", ")
	case m.Answers == 0:
		m.Status = "no records"
	default:
		m.Status = plural(m.Answers, "record")
	}
	return m, true
}
