// Package problems finds what is worth a second look in a capture, and says why.
//
// An Index is over one trace. What the sequence analysis says of TCP segments it
// takes from the rows, a million of them in a few hundredths of a second; all other
// expert items stand in the packets' trees, for which a scan takes the packets
// apart, several at a time. Packets whose row and headers prove that their tree has
// nothing more to say are passed over. An Index may be asked at any time, also while
// it is being made, and goes on with the packets of a live capture.
//
// It keeps apart what happened on the network, what the capture itself makes look
// like a problem (segments joined by the network card, checksums that the card was to
// fill in, packets that the capture lost), and what belongs to the ordinary life of a
// connection.
//
// An Explainer says in one line why a packet is in the Index, with the packets that
// prove it. What it says is read off the conversation's rows. How far it looks is
// bounded; where it can't look far enough it says less.
package problems
