package dissect

// The fields of MQTT, as Wireshark names them.
var (
	pMQTT                 = newProto("MQ Telemetry Transport Protocol", "MQTT", "mqtt")
	fMQTTFlags            = pMQTT.u8("mqtt.hdrflags", "Header Flags", Hex)
	fMQTTType             = pMQTT.u8("mqtt.msgtype", "Message Type", Dec, mask(0xf0), names(mqttTypes))
	fMQTTReserved         = pMQTT.u8("mqtt.hdr_reserved", "Reserved", Dec, mask(0xf))
	fMQTTDup              = pMQTT.flag(TUint8, "mqtt.dupflag", "DUP Flag", 0x8)
	fMQTTQoS              = pMQTT.u8("mqtt.qos", "QoS Level", Dec, mask(0x6), names(mqttQoS))
	fMQTTRetain           = pMQTT.flag(TUint8, "mqtt.retain", "Retain", 0x1)
	fMQTTLen              = pMQTT.u64("mqtt.len", "Msg Len", Dec)
	fMQTTProtoLen         = pMQTT.u16("mqtt.proto_len", "Protocol Name Length", Dec)
	fMQTTProtoName        = pMQTT.str("mqtt.protoname", "Protocol Name")
	fMQTTVer              = pMQTT.u8("mqtt.ver", "Version", Dec, names(mqttVersions))
	fMQTTConnectFlags     = pMQTT.u8("mqtt.conflags", "Connect Flags", Hex)
	fMQTTUserFlag         = pMQTT.flag(TUint8, "mqtt.conflag.uname", "User Name Flag", 0x80)
	fMQTTPasswordFlag     = pMQTT.flag(TUint8, "mqtt.conflag.passwd", "Password Flag", 0x40)
	fMQTTWillRetain       = pMQTT.flag(TUint8, "mqtt.conflag.retain", "Will Retain", 0x20)
	fMQTTWillQoS          = pMQTT.u8("mqtt.conflag.qos", "QoS Level", Dec, mask(0x18), names(mqttQoS))
	fMQTTWillFlag         = pMQTT.flag(TUint8, "mqtt.conflag.willflag", "Will Flag", 0x4)
	fMQTTClean            = pMQTT.flag(TUint8, "mqtt.conflag.cleansess", "Clean Session Flag", 0x2)
	fMQTTConnectReserved  = pMQTT.flag(TUint8, "mqtt.conflag.reserved", "(Reserved)", 0x1)
	fMQTTKeepAlive        = pMQTT.u16("mqtt.kalive", "Keep Alive", Dec)
	fMQTTClientIDLen      = pMQTT.u16("mqtt.clientid_len", "Client ID Length", Dec)
	fMQTTClientID         = pMQTT.str("mqtt.clientid", "Client ID")
	fMQTTWillTopicLen     = pMQTT.u16("mqtt.willtopic_len", "Will Topic Length", Dec)
	fMQTTWillTopic        = pMQTT.str("mqtt.willtopic", "Will Topic")
	fMQTTWillMsgLen       = pMQTT.u16("mqtt.willmsg_len", "Will Message Length", Dec)
	fMQTTWillMsg          = pMQTT.bytes("mqtt.willmsg", "Will Message")
	fMQTTUserLen          = pMQTT.u16("mqtt.username_len", "User Name Length", Dec)
	fMQTTUser             = pMQTT.str("mqtt.username", "User Name")
	fMQTTPasswordLen      = pMQTT.u16("mqtt.passwd_len", "Password Length", Dec)
	fMQTTPassword         = pMQTT.str("mqtt.passwd", "Password")
	fMQTTAckFlags         = pMQTT.u8("mqtt.conack.flags", "Acknowledge Flags", Hex)
	fMQTTSession          = pMQTT.flag(TUint8, "mqtt.conack.flags.sp", "Session Present", 0x1)
	fMQTTReturn           = pMQTT.u8("mqtt.conack.val", "Return Code", Dec, names(mqttReturns))
	fMQTTConnAckReason    = pMQTT.u8("mqtt.connack.reason_code", "Reason Code", Dec, names(mqttConnAckReasons))
	fMQTTTopicLen         = pMQTT.u16("mqtt.topic_len", "Topic Length", Dec)
	fMQTTTopic            = pMQTT.str("mqtt.topic", "Topic")
	fMQTTID               = pMQTT.u16("mqtt.msgid", "Message Identifier", Dec)
	fMQTTMessage          = pMQTT.bytes("mqtt.msg", "Message")
	fMQTTPubAck           = pMQTT.u8("mqtt.puback.reason_code", "Reason Code", Dec, names(mqttPubAckCodes))
	fMQTTPubRec           = pMQTT.u8("mqtt.pubrec.reason_code", "Reason Code", Dec, names(mqttPubRecCodes))
	fMQTTPubRel           = pMQTT.u8("mqtt.pubrel.reason_code", "Reason Code", Dec, names(mqttPubRelCodes))
	fMQTTPubComp          = pMQTT.u8("mqtt.pubcomp.reason_code", "Reason Code", Dec, names(mqttPubCompCodes))
	fMQTTSubQoS           = pMQTT.u8("mqtt.sub.qos", "Requested QoS", Dec, names(mqttQoS))
	fMQTTOptions          = pMQTT.u8("mqtt.subscription_options", "Subscription Options", Hex)
	fMQTTOptReserved      = pMQTT.u8("mqtt.subscription_options_reserved", "Reserved", Hex, mask(0xc0))
	fMQTTOptRetain        = pMQTT.u8("mqtt.subscription_options_retain", "Retain Handling", Dec, mask(0x30), names(mqttRetainHandling))
	fMQTTOptRAP           = pMQTT.flag(TUint8, "mqtt.subscription_options_rap", "Retain As Published", 0x8)
	fMQTTOptNL            = pMQTT.flag(TUint8, "mqtt.subscription_options_nl", "No Local", 0x4)
	fMQTTOptQoS           = pMQTT.u8("mqtt.subscription_options_qos", "QoS", Dec, mask(0x3), names(mqttQoS))
	fMQTTGranted          = pMQTT.u8("mqtt.suback.qos", "Granted QoS", Dec, names(mqttGrantedCodes))
	fMQTTSubAck           = pMQTT.u8("mqtt.suback.reason_code", "Reason Code", Dec, names(mqttSubAckCodes))
	fMQTTUnsubAck         = pMQTT.u8("mqtt.unsuback.reason_code", "Reason Code", Dec, names(mqttUnsubAckCodes))
	fMQTTDisconnectReason = pMQTT.u8("mqtt.disconnect.reason_code", "Reason Code", Dec, names(mqttDisconnectReasons))
	fMQTTAuthReason       = pMQTT.u8("mqtt.auth.reason_code", "Reason Code", Dec, names(mqttAuthReasons))
	fMQTTProperties       = pMQTT.none("mqtt.properties", "Properties")
	fMQTTWillProperties   = pMQTT.none("mqtt.will_properties", "Will Properties")
	fMQTTPropertyLen      = pMQTT.u64("mqtt.property_len", "Total Length", Dec)
	fMQTTPropertyID       = pMQTT.u8("mqtt.property_id", "ID", Hex, names(mqttPropertyNames))
	fMQTTNumber           = pMQTT.u32("mqtt.prop_number", "Value", Dec)
	fMQTTContentType      = pMQTT.str("mqtt.property.content_type", "Content Type")
	fMQTTMaxQoS           = pMQTT.u8("mqtt.property.max_qos", "QoS", Dec, names(mqttQoS))
	fMQTTTopicAlias       = pMQTT.u16("mqtt.property.topic_alias", "Topic Alias", Dec)
	fMQTTUnknownProperty  = pMQTT.str("mqtt.prop_unknown", "Unknown Property")
	fMQTTStringLen        = pMQTT.u32("mqtt.prop_string_len", "Length", Dec)
	fMQTTString           = pMQTT.str("mqtt.prop_string", "Value")
	fMQTTKeyLen           = pMQTT.u32("mqtt.prop_key_len", "Key Length", Dec)
	fMQTTKey              = pMQTT.str("mqtt.prop_key", "Key")
	fMQTTValueLen         = pMQTT.u32("mqtt.prop_value_len", "Value Length", Dec)
	fMQTTValue            = pMQTT.str("mqtt.prop_value", "Value")
	eMQTTTopic            = pMQTT.none("mqtt.illegal_topic_length", "Length cannot be 0")
	eMQTTVersion          = pMQTT.none("mqtt.unknown_version", "Unknown version (missing the CONNECT packet?)")
	eMQTTAlias            = pMQTT.none("mqtt.unknown_topic_alias", "Unknown topic alias")
	fMQTTRetainReserved   = pMQTT.u8("mqtt.retain_reserved", "Reserved", Dec, mask(0x1))
	fMQTTAckReserved      = pMQTT.flag(TUint8, "mqtt.conack.flags.reserved", "Reserved", 0xfe)
	fMQTTAckByte          = pMQTT.bool("mqtt.conack.flags.reserved", "Reserved", names(setNotSet)) // in version 3.1
)

// The texts of its numbers (MQTT 5.0 §2.4; 3.1.1 §3.2.2.3).
var (
	mqttTypes = table(map[uint64]string{
		0: "Reserved", 1: "Connect Command", 2: "Connect Ack", 3: "Publish Message", 4: "Publish Ack", 5: "Publish Received",
		6: "Publish Release", 7: "Publish Complete", 8: "Subscribe Request", 9: "Subscribe Ack", 10: "Unsubscribe Request",
		11: "Unsubscribe Ack", 12: "Ping Request", 13: "Ping Response", 14: "Disconnect Req", 15: "Authentication Exchange",
	})
	mqttQoS = table(map[uint64]string{
		0: "At most once delivery (Fire and Forget)", 1: "At least once delivery (Acknowledged deliver)",
		2: "Exactly once delivery (Assured Delivery)", 3: "Reserved",
	})
	mqttVersions = table(map[uint64]string{
		3: "MQTT v3.1", 4: "MQTT v3.1.1", 5: "MQTT v5.0",
	})
	mqttReturns = table(map[uint64]string{
		0: "Connection Accepted", 1: "Connection Refused: unacceptable protocol version", 2: "Connection Refused: identifier rejected",
		3: "Connection Refused: server unavailable", 4: "Connection Refused: bad user name or password", 5: "Connection Refused: not authorized",
	})
	mqttConnAckReasons = table(map[uint64]string{
		0: "Success", 128: "Unspecified error", 129: "Malformed Packet", 130: "Protocol Error", 131: "Implementation specific error",
		132: "Unsupported Protocol Version", 133: "Client Identifier not valid", 134: "Bad User Name or Password", 135: "Not authorized",
		136: "Server unavailable", 137: "Server busy", 138: "Banned", 140: "Bad authentication method", 144: "Topic Name invalid",
		149: "Packet too large", 151: "Quota exceeded", 154: "Retain not supported", 155: "QoS not supported", 156: "Use another server",
		157: "Server moved", 159: "Connection rate exceeded",
	})
	mqttPubAckCodes = table(map[uint64]string{
		0: "Success", 16: "No matching subscribers", 128: "Unspecified error", 131: "Implementation specific error", 135: "Not authorized",
		144: "Topic Name invalid", 145: "Packet Identifier in use", 151: "Quota exceeded", 153: "Payload format invalid",
	})
	mqttPubRecCodes = table(map[uint64]string{
		0: "Success", 16: "No matching subscribers", 128: "Unspecified error", 131: "Implementation specific error", 135: "Not authorized",
		144: "Topic Name invalid", 145: "Packet Identifier in use", 151: "Quota exceeded", 153: "Payload format invalid",
	})
	mqttPubRelCodes = table(map[uint64]string{
		0: "Success", 146: "Packet Identifier not found",
	})
	mqttPubCompCodes = table(map[uint64]string{
		0: "Success", 146: "Packet Identifier not found",
	})
	mqttRetainHandling = table(map[uint64]string{
		0: "Send msgs at subscription time", 1: "Send msgs if subscription does not exist", 2: "Do not send msgs at subscription time",
		3: "Reserved",
	})
	mqttGrantedCodes = table(map[uint64]string{
		0: "At most once delivery (Fire and Forget)", 1: "At least once delivery (Acknowledged deliver)",
		2: "Exactly once delivery (Assured Delivery)", 3: "Reserved", 128: "Failure",
	})
	mqttSubAckCodes = table(map[uint64]string{
		0: "Granted QoS 0", 1: "Granted QoS 1", 2: "Granted QoS 2", 128: "Unspecified error", 131: "Implementation specific error",
		135: "Not authorized", 143: "Topic Filter invalid", 145: "Packet Identifier in use", 151: "Quota exceeded",
		158: "Shared Subscription not supported", 161: "Subscription Identifiers not supported", 162: "Wildcard Subscription not supported",
	})
	mqttUnsubAckCodes = table(map[uint64]string{
		0: "Success", 17: "No subscription existed", 131: "Implementation specific error", 135: "Not authorized", 143: "Topic Filter invalid",
		145: "Packet Identifier in use",
	})
	mqttDisconnectReasons = table(map[uint64]string{
		0: "Normal disconnection", 4: "Disconnect with Will Message", 128: "Unspecified error", 129: "Malformed Packet", 130: "Protocol Error",
		131: "Implementation specific error", 135: "Not authorized", 137: "Server busy", 139: "Server shutting down",
		140: "Bad authentication method", 141: "Keep Alive timeout", 142: "Session taken over", 143: "Topic Filter invalid",
		144: "Topic Name invalid", 147: "Receive Maximum exceeded", 148: "Topic Alias invalid", 149: "Packet too large",
		150: "Message rate too high", 151: "Quota exceeded", 152: "Administrative action", 153: "Payload format invalid",
		154: "Retain not supported", 155: "QoS not supported", 156: "Use another server", 157: "Server moved",
		158: "Shared Subscription not supported", 159: "Connection rate exceeded", 160: "Maximum connect time",
		161: "Subscription Identifiers not supported", 162: "Wildcard Subscription not supported",
	})
	mqttAuthReasons = table(map[uint64]string{
		0: "Success", 24: "Continue authentication", 25: "Re-authenticate",
	})
	mqttPropertyNames = table(map[uint64]string{
		1: "Payload Format Indicator", 2: "Publication Expiry Interval", 3: "Content Type", 8: "Response Topic", 9: "Correlation Data",
		11: "Subscription Identifier", 17: "Session Expiry Interval", 18: "Assigned Client Identifier", 19: "Server Keep Alive",
		21: "Authentication Method", 22: "Authentication Data", 23: "Request Problem Information", 24: "Will Delay Interval",
		25: "Request Response Information", 26: "Response Information", 28: "Server Reference", 31: "Reason String", 33: "Receive Maximum",
		34: "Topic Alias Maximum", 35: "Topic Alias", 36: "Maximum QoS", 37: "Retain Available", 38: "User Property", 39: "Maximum Packet Size",
		40: "Wildcard Subscription Available", 41: "Subscription Identifier Available", 42: "Shared Subscription Available",
	})
)
