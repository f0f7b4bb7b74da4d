package dissect

import (
	"slices"
	"sync"
)

// coreProtocols lists what is not a protocol of the wire, and TCP.
var coreProtocols = []*Proto{pFrame, pTCP, pData, pExpert, pMalformed, pShort, pString, pText}

// protocols lists every protocol, for -G fields and for looking fields up. The list is
// made when it is first asked for, since the applications can tell only then.
var protocols = sync.OnceValue(func() []*Proto {
	all := slices.Concat(coreProtocols, netProtocols, appProtocols, webProtocols, http2Protocols, mediaProtos, certProtocols)
	for _, a := range applications {
		if a == nil {
			continue
		}
		if p := a.about().proto; !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
})
