package dissect

import "slices"

// coreProtocols lists what is not a protocol of the wire, and TCP.
var coreProtocols = []*Proto{pFrame, pTCP, pData, pExpert, pMalformed, pShort, pText}

// protocols lists every protocol, for -G fields and for looking fields up.
var protocols = slices.Concat(coreProtocols, netProtocols, appProtocols, webProtocols, http2Protocols, mediaProtos, certProtocols)
