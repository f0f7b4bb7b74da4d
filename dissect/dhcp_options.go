package dissect

// The fields of the options of DHCP that hold one kind of value.
var (
	fDHCPOptSubnetMask                   = pDHCP.ip4("dhcp.option.subnet_mask", "Subnet Mask")
	fDHCPOptTimeOffset                   = pDHCP.add(TInt32, "dhcp.option.time_offset", "Time Offset", Dec)
	fDHCPOptRouter                       = pDHCP.ip4("dhcp.option.router", "Router")
	fDHCPOptTimeServer                   = pDHCP.ip4("dhcp.option.time_server", "Time Server")
	fDHCPOptNameServer                   = pDHCP.ip4("dhcp.option.name_server", "Name Server")
	fDHCPOptDomainNameServer             = pDHCP.ip4("dhcp.option.domain_name_server", "Domain Name Server")
	fDHCPOptLogServer                    = pDHCP.ip4("dhcp.option.log_server", "Log Server")
	fDHCPOptQuotesServer                 = pDHCP.ip4("dhcp.option.quotes_server", "Quotes Server")
	fDHCPOptLprServer                    = pDHCP.ip4("dhcp.option.lpr_server", "LPR Server")
	fDHCPOptImpressServer                = pDHCP.ip4("dhcp.option.impress_server", "Impress Server")
	fDHCPOptResourceLocationServer       = pDHCP.ip4("dhcp.option.resource_location_server", "Resource Location Server")
	fDHCPOptHostname                     = pDHCP.add(TStringZ, "dhcp.option.hostname", "Host Name", None)
	fDHCPOptBootFileSize                 = pDHCP.u16("dhcp.option.boot_file_size", "Boot File Size", Dec)
	fDHCPOptMeritDumpFile                = pDHCP.add(TStringZ, "dhcp.option.merit_dump_file", "Merit Dump File", None)
	fDHCPOptDomainName                   = pDHCP.add(TStringZ, "dhcp.option.domain_name", "Domain Name", None)
	fDHCPOptSwapServer                   = pDHCP.ip4("dhcp.option.swap_server", "Swap Server")
	fDHCPOptRootPath                     = pDHCP.add(TStringZ, "dhcp.option.root_path", "Root Path", None)
	fDHCPOptExtensionPath                = pDHCP.add(TStringZ, "dhcp.option.extension_path", "Extensions Path", None)
	fDHCPOptIPForwarding                 = pDHCP.bool("dhcp.option.ip_forwarding", "IP Forwarding", names(either("Enabled", "Disabled")))
	fDHCPOptNonLocalSourceRouting        = pDHCP.bool("dhcp.option.non_local_source_routing", "Non-Local Source Routing", names(either("Enabled", "Disabled")))
	fDHCPOptMaxDatagramReassemblySize    = pDHCP.u16("dhcp.option.max_datagram_reassembly_size", "Maximum Datagram Reassembly Size", Dec)
	fDHCPOptDefaultIPTTL                 = pDHCP.u8("dhcp.option.default_ip_ttl", "Default IP Time-to-Live", Dec)
	fDHCPOptPathMTUAgingTimeout          = pDHCP.u32("dhcp.option.path_mtu_aging_timeout", "Path MTU Aging Timeout", Dec)
	fDHCPOptPathMTUPlateauTableItem      = pDHCP.u16("dhcp.option.path_mtu_plateau_table_item", "Path MTU Plateau Table Item", Dec)
	fDHCPOptInterfaceMTU                 = pDHCP.u16("dhcp.option.interface_mtu", "Interface MTU", Dec)
	fDHCPOptAllSubnetsAreLocal           = pDHCP.bool("dhcp.option.all_subnets_are_local", "All Subnets are Local", names(either("Yes", "No")))
	fDHCPOptBroadcastAddress             = pDHCP.ip4("dhcp.option.broadcast_address", "Broadcast Address")
	fDHCPOptPerformMaskDiscovery         = pDHCP.bool("dhcp.option.perform_mask_discovery", "Perform Mask Discovery", names(either("Enabled", "Disabled")))
	fDHCPOptMaskSupplier                 = pDHCP.bool("dhcp.option.mask_supplier", "Mask Supplier", names(either("Yes", "No")))
	fDHCPOptPerformRouterDiscover        = pDHCP.bool("dhcp.option.perform_router_discover", "Perform Router Discover", names(either("Enabled", "Disabled")))
	fDHCPOptRouterSolicitationAddress    = pDHCP.ip4("dhcp.option.router_solicitation_address", "Router Solicitation Address")
	fDHCPOptTrailerEncapsulation         = pDHCP.bool("dhcp.option.trailer_encapsulation", "Trailer Encapsulation", names(either("Enabled", "Disabled")))
	fDHCPOptARPCacheTimeout              = pDHCP.u32("dhcp.option.arp_cache_timeout", "ARP Cache Timeout", Dec)
	fDHCPOptEthernetEncapsulation        = pDHCP.bool("dhcp.option.ethernet_encapsulation", "Ethernet Encapsulation", names(either("Enabled", "Disabled")))
	fDHCPOptTCPDefaultTTL                = pDHCP.u8("dhcp.option.tcp_default_ttl", "TCP Default TTL", Dec)
	fDHCPOptTCPKeepaliveInterval         = pDHCP.u32("dhcp.option.tcp_keepalive_interval", "TCP Keepalive Interval", Dec)
	fDHCPOptTCPKeepaliveGarbage          = pDHCP.bool("dhcp.option.tcp_keepalive_garbage", "TCP Keepalive Garbage", names(either("Enabled", "Disabled")))
	fDHCPOptNISDomain                    = pDHCP.add(TStringZ, "dhcp.option.nis_domain", "Network Information Service Domain", None)
	fDHCPOptNISServer                    = pDHCP.ip4("dhcp.option.nis_server", "Network Information Service Server")
	fDHCPOptNTPServer                    = pDHCP.ip4("dhcp.option.ntp_server", "Network Time Protocol Server")
	fDHCPOptNetbiosOverTcpipNameServer   = pDHCP.ip4("dhcp.option.netbios_over_tcpip_name_server", "NetBIOS over TCP/IP Name Server")
	fDHCPOptNetbiosOverTcpipDdNameServer = pDHCP.ip4("dhcp.option.netbios_over_tcpip_dd_name_server", "NetBIOS over TCP/IP Datagram Distribution Name Server")
	fDHCPOptNetbiosOverTcpipNodeType     = pDHCP.u8("dhcp.option.netbios_over_tcpip_node_type", "NetBIOS over TCP/IP Node Type", Dec, names(table(map[uint64]string{1: "B-node", 2: "P-node", 4: "M-node", 8: "H-node"})))
	fDHCPOptNetbiosOverTcpipScope        = pDHCP.add(TStringZ, "dhcp.option.netbios_over_tcpip_scope", "NetBIOS over TCP/IP Scope", None)
	fDHCPOptXwindowsSystemFontServer     = pDHCP.ip4("dhcp.option.xwindows_system_font_server", "X Window System Font Server")
	fDHCPOptXwindowsSystemDisplayManager = pDHCP.ip4("dhcp.option.xwindows_system_display_manager", "X Window System Display Manager")
	fDHCPOptRequestedIPAddress           = pDHCP.ip4("dhcp.option.requested_ip_address", "Requested IP Address")
	fDHCPOptIPAddressLeaseTime           = pDHCP.u32("dhcp.option.ip_address_lease_time", "IP Address Lease Time", Dec)
	fDHCPOptDhcpServerID                 = pDHCP.ip4("dhcp.option.dhcp_server_id", "DHCP Server Identifier")
	fDHCPOptMessage                      = pDHCP.add(TStringZ, "dhcp.option.message", "Message", None)
	fDHCPOptDhcpMaxMessageSize           = pDHCP.u16("dhcp.option.dhcp_max_message_size", "Maximum DHCP Message Size", Dec)
	fDHCPOptRenewalTimeValue             = pDHCP.u32("dhcp.option.renewal_time_value", "Renewal Time Value", Dec)
	fDHCPOptRebindingTimeValue           = pDHCP.u32("dhcp.option.rebinding_time_value", "Rebinding Time Value", Dec)
	fDHCPOptVendorClassID                = pDHCP.add(TStringZ, "dhcp.option.vendor_class_id", "Vendor class identifier", None)
	fDHCPOptNISPlusDomain                = pDHCP.add(TStringZ, "dhcp.option.nis_plus_domain", "Network Information Service+ Domain", None)
	fDHCPOptNISPlusServer                = pDHCP.ip4("dhcp.option.nis_plus_server", "Network Information Service+ Server")
	fDHCPOptTFTPServerName               = pDHCP.add(TStringZ, "dhcp.option.tftp_server_name", "TFTP Server Name", None)
	fDHCPOptBootfileName                 = pDHCP.add(TStringZ, "dhcp.option.bootfile_name", "Bootfile name", None)
	fDHCPOptMobileIPHomeAgent            = pDHCP.ip4("dhcp.option.mobile_ip_home_agent", "Mobile IP Home Agent")
	fDHCPOptSMTPServer                   = pDHCP.ip4("dhcp.option.smtp_server", "SMTP Server")
	fDHCPOptPop3Server                   = pDHCP.ip4("dhcp.option.pop3_server", "POP3 Server")
	fDHCPOptNntpServer                   = pDHCP.ip4("dhcp.option.nntp_server", "NNTP Server")
	fDHCPOptDefaultWwwServer             = pDHCP.ip4("dhcp.option.default_www_server", "Default WWW Server")
	fDHCPOptDefaultFingerServer          = pDHCP.ip4("dhcp.option.default_finger_server", "Default Finger Server")
	fDHCPOptDefaultIrcServer             = pDHCP.ip4("dhcp.option.default_irc_server", "Default IRC Server")
	fDHCPOptStreettalkServer             = pDHCP.ip4("dhcp.option.streettalk_server", "StreetTalk Server")
	fDHCPOptStreettalkDaServer           = pDHCP.ip4("dhcp.option.streettalk_da_server", "StreetTalk Directory Assistance Server")
	fDHCPOptNovellDssIP                  = pDHCP.ip4("dhcp.option.novell_dss.ip", "IP Address")
	fDHCPOptNovellDsTreeName             = pDHCP.add(TStringZ, "dhcp.option.novell_ds_tree_name", "Novell Directory Services Tree Name", None)
	fDHCPOptNovellDsContext              = pDHCP.add(TStringZ, "dhcp.option.novell_ds_context", "Novell Directory Services Context", None)
	fDHCPOptClientLastTransactionTime    = pDHCP.u32("dhcp.option.client_last_transaction_time", "Client last transaction time", Dec)
	fDHCPOptAssociatedIPOption           = pDHCP.ip4("dhcp.option.associated_ip_option", "Associated IP option")
	fDHCPOptClientSystemArchitecture     = pDHCP.u16("dhcp.option.client_system_architecture", "Client System Architecture", Dec, names(table(map[uint64]string{0: "IA x86 PC", 1: "NEC/PC98", 2: "IA64 PC", 3: "DEC Alpha", 4: "ArcX86", 5: "Intel Lean Client", 6: "EFI IA32", 7: "EFI x64", 8: "EFI Xscale", 9: "EFI BC", 10: "ARM 32-bit UEFI", 11: "ARM 64-bit UEFI", 12: "PowerPC Open Firmware", 13: "PowerPC ePAPR", 14: "POWER OPAL v3", 15: "x86 UEFI HTTP", 16: "x64 UEFI HTTP", 17: "EBC UEFI HTTP", 18: "ARM 32-bit UEFI HTTP", 19: "ARM 64-bit UEFI HTTP", 20: "PC/AT HTTP", 21: "ARM 32-bit uboot", 22: "ARM 64-bit uboot", 23: "ARM 32-bit uboot HTTP", 24: "ARM 64-bit uboot HTTP", 25: "RISC-V 32-bit UEFI", 26: "RISC-V 32-bit UEFI HTTP", 27: "RISC-V 64-bit UEFI", 28: "RISC-V 64-bit UEFI HTTP", 29: "RISC-V 128-bit UEFI", 30: "RISC-V 128-bit UEFI HTTP", 31: "s390 Basic", 32: "s390 Extended"})))
	fDHCPOptTzPcode                      = pDHCP.str("dhcp.option.tz_pcode", "TZ PCode")
	fDHCPOptTzTcode                      = pDHCP.str("dhcp.option.tz_tcode", "TZ TCode")
	fDHCPOptNetinfoParentServerAddress   = pDHCP.ip4("dhcp.option.netinfo_parent_server_address", "NetInfo Parent Server Address")
	fDHCPOptNetinfoParentServerTag       = pDHCP.add(TStringZ, "dhcp.option.netinfo_parent_server_tag", "NetInfo Parent Server Tag", None)
	fDHCPOptCaptivePortal                = pDHCP.str("dhcp.option.captive_portal", "Captive Portal")
	fDHCPOptDhcpAutoConfiguration        = pDHCP.u8("dhcp.option.dhcp_auto_configuration", "DHCP Auto-Configuration", Dec, names(table(map[uint64]string{0: "DoNotAutoConfigure", 1: "AutoConfigure"})))
	fDHCPOptSubnetSelectionOption        = pDHCP.ip4("dhcp.option.subnet_selection_option", "Subnet Selection Option")
	fDHCPOptPanaAgent                    = pDHCP.ip4("dhcp.option.pana_agent", "PAA IPv4 Address")
	fDHCPOptLostServerDomainName         = pDHCP.add(TStringZ, "dhcp.option.lost_server_domain_name", "LoST Server Domain Name", None)
	fDHCPOptCapwapAccessController       = pDHCP.ip4("dhcp.option.capwap_access_controller", "CAPWAP Access Controllers")
	fDHCPOptAndsfServer                  = pDHCP.ip4("dhcp.option.andsf_server", "ANDSF Server")
	fDHCPOptTFTPServerAddress            = pDHCP.ip4("dhcp.option.tftp_server_address", "TFTP Server Address")
	fDHCPOptBulkLeaseStartTimeOfState    = pDHCP.u32("dhcp.option.bulk_lease.start_time_of_state", "Start Time Of State", Dec)
	fDHCPOptBulkLeaseDhcpState           = pDHCP.u8("dhcp.option.bulk_lease.dhcp_state", "Dhcp State", Dec, names(table(map[uint64]string{1: "Available", 2: "Active", 3: "Expired", 4: "Released", 5: "Abandoned", 6: "Reset", 7: "Remote", 8: "Transitioning"})))
	fDHCPOptBulkLeaseDataSource          = pDHCP.bool("dhcp.option.bulk_lease.data_source", "Data Source", names(either("Remote", "Local")))
	fDHCPOptMudurl                       = pDHCP.str("dhcp.option.mudurl", "MUDURL")
	fDHCPOptPxeConfigFile                = pDHCP.str("dhcp.option.pxe_config_file", "PXELINUX configuration file")
	fDHCPOptPxePathPrefix                = pDHCP.str("dhcp.option.pxe_path_prefix", "PXELINUX path prefix")
	fDHCPOptPrivateProxyAutodiscovery    = pDHCP.add(TStringZ, "dhcp.option.private_proxy_autodiscovery", "Private/Proxy autodiscovery", None)
)

// dhcpOption is what an option is called and how its value is read.
type dhcpOption struct {
	name  string
	kind  dhcpKind
	field *Field
}

// dhcpKind is how the value of an option is read.
type dhcpKind uint8

const (
	dhcpOther   dhcpKind = iota // by code of its own, or shown as bytes
	dhcpIP                      // one address
	dhcpIPs                     // addresses
	dhcpText                    // characters to the end or to a zero
	dhcpByte                    // one byte
	dhcpShort                   // two bytes
	dhcpShorts                  // numbers of two bytes
	dhcpSeconds                 // a time in seconds
)

// dhcpOptions lists the options by their code (RFC 2132 and IANA, "BOOTP Vendor
// Extensions and DHCP Options"), under the names that Wireshark gives them.
var dhcpOptions = [256]dhcpOption{
	0:   {name: "Padding"},
	1:   {"Subnet Mask", dhcpIP, fDHCPOptSubnetMask},
	2:   {"Time Offset", dhcpSeconds, fDHCPOptTimeOffset},
	3:   {"Router", dhcpIPs, fDHCPOptRouter},
	4:   {"Time Server", dhcpIPs, fDHCPOptTimeServer},
	5:   {"Name Server", dhcpIPs, fDHCPOptNameServer},
	6:   {"Domain Name Server", dhcpIPs, fDHCPOptDomainNameServer},
	7:   {"Log Server", dhcpIPs, fDHCPOptLogServer},
	8:   {"Quotes Server", dhcpIPs, fDHCPOptQuotesServer},
	9:   {"LPR Server", dhcpIPs, fDHCPOptLprServer},
	10:  {"Impress Server", dhcpIPs, fDHCPOptImpressServer},
	11:  {"Resource Location Server", dhcpIPs, fDHCPOptResourceLocationServer},
	12:  {"Host Name", dhcpText, fDHCPOptHostname},
	13:  {"Boot File Size", dhcpShort, fDHCPOptBootFileSize},
	14:  {"Merit Dump File", dhcpText, fDHCPOptMeritDumpFile},
	15:  {"Domain Name", dhcpText, fDHCPOptDomainName},
	16:  {"Swap Server", dhcpIP, fDHCPOptSwapServer},
	17:  {"Root Path", dhcpText, fDHCPOptRootPath},
	18:  {"Extensions Path", dhcpText, fDHCPOptExtensionPath},
	19:  {"IP Forwarding", dhcpByte, fDHCPOptIPForwarding},
	20:  {"Non-Local Source Routing", dhcpByte, fDHCPOptNonLocalSourceRouting},
	21:  {name: "Policy Filter"},
	22:  {"Maximum Datagram Reassembly Size", dhcpShort, fDHCPOptMaxDatagramReassemblySize},
	23:  {"Default IP Time-to-Live", dhcpByte, fDHCPOptDefaultIPTTL},
	24:  {"Path MTU Aging Timeout", dhcpSeconds, fDHCPOptPathMTUAgingTimeout},
	25:  {"Path MTU Plateau Table", dhcpShorts, fDHCPOptPathMTUPlateauTableItem},
	26:  {"Interface MTU", dhcpShort, fDHCPOptInterfaceMTU},
	27:  {"All Subnets are Local", dhcpByte, fDHCPOptAllSubnetsAreLocal},
	28:  {"Broadcast Address", dhcpIP, fDHCPOptBroadcastAddress},
	29:  {"Perform Mask Discovery", dhcpByte, fDHCPOptPerformMaskDiscovery},
	30:  {"Mask Supplier", dhcpByte, fDHCPOptMaskSupplier},
	31:  {"Perform Router Discover", dhcpByte, fDHCPOptPerformRouterDiscover},
	32:  {"Router Solicitation Address", dhcpIP, fDHCPOptRouterSolicitationAddress},
	33:  {name: "Static Route"},
	34:  {"Trailer Encapsulation", dhcpByte, fDHCPOptTrailerEncapsulation},
	35:  {"ARP Cache Timeout", dhcpSeconds, fDHCPOptARPCacheTimeout},
	36:  {"Ethernet Encapsulation", dhcpByte, fDHCPOptEthernetEncapsulation},
	37:  {"TCP Default TTL", dhcpByte, fDHCPOptTCPDefaultTTL},
	38:  {"TCP Keepalive Interval", dhcpSeconds, fDHCPOptTCPKeepaliveInterval},
	39:  {"TCP Keepalive Garbage", dhcpByte, fDHCPOptTCPKeepaliveGarbage},
	40:  {"Network Information Service Domain", dhcpText, fDHCPOptNISDomain},
	41:  {"Network Information Service Servers", dhcpIPs, fDHCPOptNISServer},
	42:  {"Network Time Protocol Servers", dhcpIPs, fDHCPOptNTPServer},
	43:  {name: "Vendor-Specific Information"},
	44:  {"NetBIOS over TCP/IP Name Server", dhcpIPs, fDHCPOptNetbiosOverTcpipNameServer},
	45:  {"NetBIOS over TCP/IP Datagram Distribution Name Server", dhcpIPs, fDHCPOptNetbiosOverTcpipDdNameServer},
	46:  {"NetBIOS over TCP/IP Node Type", dhcpByte, fDHCPOptNetbiosOverTcpipNodeType},
	47:  {"NetBIOS over TCP/IP Scope", dhcpText, fDHCPOptNetbiosOverTcpipScope},
	48:  {"X Window System Font Server", dhcpIPs, fDHCPOptXwindowsSystemFontServer},
	49:  {"X Window System Display Manager", dhcpIPs, fDHCPOptXwindowsSystemDisplayManager},
	50:  {"Requested IP Address", dhcpIP, fDHCPOptRequestedIPAddress},
	51:  {"IP Address Lease Time", dhcpSeconds, fDHCPOptIPAddressLeaseTime},
	52:  {name: "Option Overload"},
	53:  {name: "DHCP Message Type"},
	54:  {"DHCP Server Identifier", dhcpIP, fDHCPOptDhcpServerID},
	55:  {name: "Parameter Request List"},
	56:  {"Message", dhcpText, fDHCPOptMessage},
	57:  {"Maximum DHCP Message Size", dhcpShort, fDHCPOptDhcpMaxMessageSize},
	58:  {"Renewal Time Value", dhcpSeconds, fDHCPOptRenewalTimeValue},
	59:  {"Rebinding Time Value", dhcpSeconds, fDHCPOptRebindingTimeValue},
	60:  {"Vendor class identifier", dhcpText, fDHCPOptVendorClassID},
	61:  {name: "Client identifier"},
	62:  {name: "Novell/Netware IP domain"},
	63:  {name: "Novell Options"},
	64:  {"Network Information Service+ Domain", dhcpText, fDHCPOptNISPlusDomain},
	65:  {"Network Information Service+ Servers", dhcpIPs, fDHCPOptNISPlusServer},
	66:  {"TFTP Server Name", dhcpText, fDHCPOptTFTPServerName},
	67:  {"Bootfile name", dhcpText, fDHCPOptBootfileName},
	68:  {"Mobile IP Home Agent", dhcpIPs, fDHCPOptMobileIPHomeAgent},
	69:  {"SMTP Server", dhcpIPs, fDHCPOptSMTPServer},
	70:  {"POP3 Server", dhcpIPs, fDHCPOptPop3Server},
	71:  {"NNTP Server", dhcpIPs, fDHCPOptNntpServer},
	72:  {"Default WWW Server", dhcpIPs, fDHCPOptDefaultWwwServer},
	73:  {"Default Finger Server", dhcpIPs, fDHCPOptDefaultFingerServer},
	74:  {"Default IRC Server", dhcpIPs, fDHCPOptDefaultIrcServer},
	75:  {"StreetTalk Server", dhcpIPs, fDHCPOptStreettalkServer},
	76:  {"StreetTalk Directory Assistance Server", dhcpIPs, fDHCPOptStreettalkDaServer},
	77:  {name: "User Class Information"},
	78:  {name: "Directory Agent Information"},
	79:  {name: "Service Location Agent Scope"},
	80:  {name: "Rapid commit"},
	81:  {name: "Client Fully Qualified Domain Name"},
	82:  {name: "Agent Information Option"},
	83:  {name: "iSNS"},
	84:  {name: "Removed/Unassigned"},
	85:  {"Novell Directory Services Servers", dhcpIPs, fDHCPOptNovellDssIP},
	86:  {"Novell Directory Services Tree Name", dhcpText, fDHCPOptNovellDsTreeName},
	87:  {"Novell Directory Services Context", dhcpText, fDHCPOptNovellDsContext},
	88:  {name: "BCMCS Controller Domain Name"},
	89:  {name: "BCMCS Controller IPv4 address"},
	90:  {name: "Authentication"},
	91:  {"Client last transaction time", dhcpSeconds, fDHCPOptClientLastTransactionTime},
	92:  {"Associated IP option", dhcpIPs, fDHCPOptAssociatedIPOption},
	93:  {"Client System Architecture", dhcpShorts, fDHCPOptClientSystemArchitecture},
	94:  {name: "Client Network Device Interface"},
	95:  {name: "LDAP"},
	96:  {name: "Removed/Unassigned"},
	97:  {name: "UUID/GUID-based Client Identifier"},
	98:  {name: "Open Group's User Authentication"},
	99:  {name: "Civic Addresses Configuration"},
	100: {"PCode", dhcpText, fDHCPOptTzPcode},
	101: {"TCode", dhcpText, fDHCPOptTzTcode},
	102: {name: "Removed/unassigned"},
	103: {name: "Removed/unassigned"},
	104: {name: "Removed/unassigned"},
	105: {name: "Removed/unassigned"},
	106: {name: "Removed/unassigned"},
	107: {name: "Removed/unassigned"},
	108: {name: "IPv6-Only Preferred"},
	110: {name: "Removed/Unassigned"},
	112: {"NetInfo Parent Server Address", dhcpIPs, fDHCPOptNetinfoParentServerAddress},
	113: {"NetInfo Parent Server Tag", dhcpText, fDHCPOptNetinfoParentServerTag},
	114: {"DHCP Captive-Portal", dhcpText, fDHCPOptCaptivePortal},
	115: {name: "Removed/Unassigned"},
	116: {"DHCP Auto-Configuration", dhcpByte, fDHCPOptDhcpAutoConfiguration},
	117: {name: "Name Service Search"},
	118: {"Subnet Selection Option", dhcpIPs, fDHCPOptSubnetSelectionOption},
	119: {name: "Domain Search"},
	120: {name: "SIP Servers"},
	121: {name: "Classless Static Route"},
	122: {name: "CableLabs Client Configuration"},
	123: {name: "Coordinate-based Location Configuration"},
	124: {name: "V-I Vendor Class"},
	125: {name: "V-I Vendor-specific Information"},
	126: {name: "Removed/Unassigned"},
	127: {name: "Removed/Unassigned"},
	128: {name: "DOCSIS full security server IP"},
	129: {name: "PXE - undefined (vendor specific)"},
	130: {name: "PXE - undefined (vendor specific)"},
	131: {name: "PXE - undefined (vendor specific)"},
	132: {name: "PXE - undefined (vendor specific)"},
	133: {name: "PXE - undefined (vendor specific)"},
	134: {name: "PXE - undefined (vendor specific)"},
	135: {name: "PXE - undefined (vendor specific)"},
	136: {"PANA Authentication Agent", dhcpIPs, fDHCPOptPanaAgent},
	137: {"LoST Server Domain Name", dhcpText, fDHCPOptLostServerDomainName},
	138: {"CAPWAP Access Controllers", dhcpIPs, fDHCPOptCapwapAccessController},
	139: {name: "IPv4 Address-MoS"},
	140: {name: "IPv4 FQDN-MoS"},
	141: {name: "SIP UA Configuration Domains"},
	142: {"IPv4 Address ANDSF", dhcpIPs, fDHCPOptAndsfServer},
	143: {name: "Zerotouch Redirect"},
	144: {name: "Geospatial Location"},
	145: {name: "Forcerenew Nonce Capable"},
	146: {name: "RDNSS Selection"},
	150: {"TFTP Server Address", dhcpIPs, fDHCPOptTFTPServerAddress},
	151: {name: "Leasequery Status code"},
	152: {name: "Leasequery Base Time"},
	153: {"Leasequery Start Time of State", dhcpSeconds, fDHCPOptBulkLeaseStartTimeOfState},
	154: {name: "Leasequery Query Start Time"},
	155: {name: "Leasequery Query End Time"},
	156: {"Leasequery Dhcp State", dhcpByte, fDHCPOptBulkLeaseDhcpState},
	157: {"Leasequery Data Source", dhcpByte, fDHCPOptBulkLeaseDataSource},
	158: {name: "PCP Server"},
	159: {name: "Portparams"},
	160: {name: "Unassigned (ex DHCP Captive-Portal)"},
	161: {"Manufacturer Usage Description", dhcpText, fDHCPOptMudurl},
	175: {name: "Etherboot"},
	176: {name: "IP Telephone"},
	177: {name: "Etherboot"},
	208: {name: "PXELINUX Magic"},
	209: {"PXE Configuration file", dhcpText, fDHCPOptPxeConfigFile},
	210: {"PXE Path Prefix", dhcpText, fDHCPOptPxePathPrefix},
	211: {name: "Reboot Time"},
	212: {name: "6RD"},
	213: {name: "V4 Access Domain"},
	220: {name: "Subnet Allocation"},
	221: {name: "Virtual Subnet Selection"},
	224: {name: "Private"},
	225: {name: "Private"},
	226: {name: "Private"},
	227: {name: "Private"},
	228: {name: "Private"},
	229: {name: "Private"},
	230: {name: "Private"},
	231: {name: "Private"},
	232: {name: "Private"},
	233: {name: "Private"},
	234: {name: "Private"},
	235: {name: "Private"},
	236: {name: "Private"},
	237: {name: "Private"},
	238: {name: "Private"},
	239: {name: "Private"},
	240: {name: "Private"},
	241: {name: "Private"},
	242: {name: "Private/Avaya IP Telephone"},
	243: {name: "Private"},
	244: {name: "Private"},
	245: {name: "Private"},
	246: {name: "Private"},
	247: {name: "Private"},
	248: {name: "Private"},
	249: {name: "Private/Classless Static Route (Microsoft)"},
	250: {name: "Private"},
	251: {name: "Private"},
	252: {"Private/Proxy autodiscovery", dhcpText, fDHCPOptPrivateProxyAutodiscovery},
	253: {name: "Private"},
	254: {name: "Private"},
	255: {name: "End"},
}
