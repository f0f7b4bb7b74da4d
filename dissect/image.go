package dissect

import (
	"fmt"
	"strings"
)

var (
	pGIF         = newProto("Compuserve GIF", "GIF image", "image-gif")
	fGIFVersion  = pGIF.str("image-gif.version", "Version")
	fGIFWidth    = pGIF.u16("image-gif.screen.width", "Screen width", Dec)
	fGIFHeight   = pGIF.u16("image-gif.screen.height", "Screen height", Dec)
	fGIFHasMap   = pGIF.u8("image-gif.global.color_map.present", "Global color map is present", Dec, mask(0x80), names(trueFalse))
	fGIFColorBPP = pGIF.u8("image-gif.global.color_bpp", "Bits per color minus 1", Dec, mask(0x70))
	fGIFOrdered  = pGIF.u8("image-gif.global.color_map.ordered", "Global color map is ordered", Dec, mask(0x08), names(trueFalse))
	fGIFBPP      = pGIF.u8("image-gif.global.bpp", "Image bits per pixel minus 1", Dec, mask(0x07))
	fGIFBack     = pGIF.u8("image-gif.image_background_index", "Background color index", Dec)
	fGIFAspect   = pGIF.u8("image-gif.global.pixel_aspect_ratio", "Global pixel aspect ratio", Dec)
	fGIFMap      = pGIF.bytes("image-gif.global.color_map", "Global color map")
	fGIFLeft     = pGIF.u16("image-gif.image.left", "Image left position", Dec)
	fGIFTop      = pGIF.u16("image-gif.image.top", "Image top position", Dec)
	fGIFImgWidth = pGIF.u16("image-gif.image.width", "Image width", Dec)
	fGIFImgHigh  = pGIF.u16("image-gif.image.height", "Image height", Dec)
	fGIFLocalHas = pGIF.u8("image-gif.local.color_map.present", "Local color map is present", Dec, mask(0x80), names(trueFalse))
	fGIFLocalBPP = pGIF.u8("image-gif.local.color_bpp", "Bits per color minus 1", Dec, mask(0x70))
	fGIFLocalOrd = pGIF.u8("image-gif.local.color_map.ordered", "Local color map is ordered", Dec, mask(0x08), names(trueFalse))
	fGIFLocalMap = pGIF.bytes("image-gif.local.color_map", "Local color map")
	fGIFExt      = pGIF.none("image-gif.extension", "Extension")
	fGIFExtLabel = pGIF.u8("image-gif.extension.label", "Extension label", Hex, names(gifExtension))
	fGIFImage    = pGIF.none("image-gif.image", "Image")
	fGIFCodeSize = pGIF.u8("image-gif.image.code_size", "LZW minimum code size", Dec)
	fGIFEnd      = pGIF.none("image-gif.end", "Trailer (End of the GIF stream)")
	fGIFBlock    = pGIF.add(TUintBytes, "image-gif.data_block", "Data block", None)
	eGIFUnknown  = pGIF.none("gif.data_block_type.unknown", "Unknown GIF data block type")

	pPNG         = newProto("Portable Network Graphics", "PNG", "png")
	fPNGSign     = pPNG.bytes("png.signature", "PNG Signature")
	fPNGData     = pPNG.none("png.chunk.data", "Data")
	fPNGType     = pPNG.str("png.chunk.type", "Chunk")
	fPNGLen      = pPNG.u32("png.chunk.len", "Len", Dec)
	fPNGCRC      = pPNG.u32("png.chunk.crc", "CRC", Hex)
	fPNGAncil    = pPNG.flag(TUint32, "png.chunk.flag.ancillary", "Ancillary", 0x20000000, names(either("This is an ANCILLARY chunk", "This is a CRITICAL chunk")))
	fPNGPrivate  = pPNG.flag(TUint32, "png.chunk.flag.private", "Private", 0x00200000, names(either("This is a PRIVATE chunk", "This is a PUBLIC chunk")))
	fPNGSafe     = pPNG.flag(TUint32, "png.chunk.flag.stc", "Safe To Copy", 0x00000020, names(either("This chunk is SAFE TO COPY", "This chunk is NOT safe to copy")))
	fPNGWidth    = pPNG.u32("png.ihdr.width", "Width", Dec)
	fPNGHeight   = pPNG.u32("png.ihdr.height", "Height", Dec)
	fPNGDepth    = pPNG.u8("png.ihdr.bitdepth", "Bit Depth", Dec)
	fPNGColour   = pPNG.u8("png.ihdr.colour_type", "Colour Type", Dec, names(list("Greyscale", "", "Truecolour", "Indexed-colour", "Greyscale with alpha", "", "Truecolour with alpha")))
	fPNGCompress = pPNG.u8("png.ihdr.compression_method", "Compression Method", Dec, names(list("Deflate")))
	fPNGFilter   = pPNG.u8("png.ihdr.filter_method", "Filter Method", Dec, names(list("Adaptive")))
	fPNGLace     = pPNG.u8("png.ihdr.interlace_method", "Interlace Method", Dec, names(list("No interlace", "Adam7")))
	fPNGIntent   = pPNG.u8("png.srgb.intent", "Intent", Dec, names(list("Perceptual", "Relative colorimetric", "Saturation", "Absolute colorimetric")))
	fPNGKeyword  = pPNG.str("png.text.keyword", "Keyword")
	fPNGString   = pPNG.str("png.text.string", "String")
	fPNGYear     = pPNG.u16("png.time.year", "Year", Dec)
	fPNGTime     = [5]*Field{pPNG.u8("png.time.month", "Month", Dec), pPNG.u8("png.time.day", "Day", Dec), pPNG.u8("png.time.hour", "Hour", Dec),
		pPNG.u8("png.time.minute", "Minute", Dec), pPNG.u8("png.time.second", "Second", Dec)}
	fPNGGamma   = pPNG.add(TFloat, "png.gama.gamma", "Gamma", None)
	fPNGChroma  = pngChroma()
	fPNGHoriz   = pPNG.u32("png.phys.horiz", "Horizontal pixels per unit", Dec)
	fPNGVert    = pPNG.u32("png.phys.vert", "Vertical pixels per unit", Dec)
	fPNGUnit    = pPNG.u8("png.phys.unit", "Unit", Dec, names(list("Unit is unknown", "Unit is METRE")))
	fPNGPalette = pPNG.u8("png.bkgd.palette_index", "Palette Index", Dec)
	fPNGGrey    = pPNG.u16("png.bkgd.greyscale", "Greyscale", Hex)
	fPNGRGB     = [3]*Field{pPNG.u16("png.bkgd.red", "Red", Hex), pPNG.u16("png.bkgd.green", "Green", Hex), pPNG.u16("png.bkgd.blue", "Blue", Hex)}
)

// pngChroma makes the fields of a chunk cHRM, in its order.
func pngChroma() (out [8]*Field) {
	for i, name := range [...]string{"White", "Red", "Green", "Blue"} {
		for j, axis := range [...]string{"X", "Y"} {
			out[2*i+j] = pPNG.add(TFloat, "png.chrm."+strings.ToLower(name+"."+axis), name+" "+axis, None)
		}
	}
	return out
}

func gifExtension(v uint64) string {
	switch v {
	case 0x01:
		return "Plain Text"
	case 0xf9:
		return "Graphics Control"
	case 0xfe:
		return "Comment"
	case 0xff:
		return "Application"
	}
	return ""
}

// maxImageParts bounds how many chunks, blocks and segments of an image are shown.
const maxImageParts = 2000

// dissectImage shows what an image says of itself; of its picture, where it stands.
func dissectImage(c cursor, p *Proto) {
	name, label, inside := " (PNG)", p.Name, (*cursor).png
	switch p {
	case pGIF:
		v := string(c.rest()[:6])
		name, label, inside = " ("+v+")", p.Name+", Version: "+v, (*cursor).gif
	case pJFIF:
		name, inside = " (JPEG JFIF image)", (*cursor).jpeg
	}
	c.d.infoAppend(name)
	if n := c.proto(p); n != nil {
		n.label(label)
		n.span(c.pos, c.captured())
	}
	inside(&c)
	if c.ok() {
		c.end()
	}
}

// png shows the chunks of a PNG (ISO/IEC 15948).
func (c *cursor) png() {
	c.bytes(fPNGSign, 8)
	colour := byte(0)
	for n := 0; n < maxImageParts && c.ok() && c.left() > 0; n++ {
		if !c.need(8) {
			return
		}
		size := int(c.peek32(0))
		kind := string(c.rest()[4:8])
		c.sub(fText, pngChunk(kind)+" ("+printable(kind)+")")
		c.u32(fPNGLen)
		flags := uint64(c.peek32(0))
		c.str(fPNGType, 4)
		c.bits(fPNGAncil, 4, flags)
		c.bits(fPNGPrivate, 4, flags)
		c.bits(fPNGSafe, 4, flags)
		if size < 0 || size > c.left() {
			c.need(size)
			return
		}
		data := c.to(size)
		if kind == "IHDR" && size == 13 {
			colour = data.peek(9)
		}
		if size > 0 {
			data.pngData(kind, colour)
		}
		c.u32(fPNGCRC)
		if c.ok() {
			c.end()
		}
		if kind == "IEND" {
			return
		}
	}
}

func pngChunk(kind string) string {
	switch kind {
	case "IHDR":
		return "Image Header"
	case "PLTE":
		return "Palette"
	case "IDAT":
		return "Image data chunk"
	case "IEND":
		return "Image Trailer"
	case "bKGD":
		return "Background colour"
	case "cHRM":
		return "Primary chromaticities and white point"
	case "gAMA":
		return "Image gamma"
	case "iCCP":
		return "Embedded ICC profile"
	case "iTXt":
		return "International textual data"
	case "pHYs":
		return "Physical pixel dimensions"
	case "sBIT":
		return "Significant bits"
	case "sRGB":
		return "Standard RGB colour space"
	case "tEXt":
		return "Textual data"
	case "tIME":
		return "Image last-modification time"
	case "tRNS":
		return "Transparency"
	}
	return "unknown"
}

// pngData shows the data of a chunk, which is not empty.
func (c *cursor) pngData(kind string, colour byte) {
	ratio := func(f *Field) { // it is given in units of 10⁻⁵
		v := uint64(c.peek32(0))
		c.skip(4)
		if c.on() && c.ok() {
			c.add(f, 4, Node{num: v * 1e4})
		}
	}
	switch n := c.left(); {
	case kind == "IHDR" && n == 13:
		c.u32(fPNGWidth)
		c.u32(fPNGHeight)
		for _, f := range []*Field{fPNGDepth, fPNGColour, fPNGCompress, fPNGFilter, fPNGLace} {
			c.u8(f)
		}
	case kind == "sRGB":
		c.u8(fPNGIntent)
	case kind == "gAMA" && n >= 4:
		ratio(fPNGGamma)
	case kind == "cHRM" && n >= 32:
		for _, f := range fPNGChroma {
			ratio(f)
		}
	case kind == "tEXt":
		key := 0
		for key < n && c.peek(key) != 0 {
			key++
		}
		c.str(fPNGKeyword, key)
		if key < n {
			c.skip(1)
			c.str(fPNGString, c.left())
		}
	case kind == "tIME" && n >= 7:
		c.u16(fPNGYear)
		for _, f := range fPNGTime {
			c.u8(f)
		}
	case kind == "pHYs" && n >= 9:
		c.u32(fPNGHoriz)
		c.u32(fPNGVert)
		c.u8(fPNGUnit)
	case kind == "bKGD" && colour == 3:
		c.u8(fPNGPalette)
	case kind == "bKGD" && colour&3 == 0 && n >= 2:
		c.u16(fPNGGrey)
	case kind == "bKGD" && n >= 6:
		for _, f := range fPNGRGB {
			c.u16(f)
		}
	default:
		c.addAt(fPNGData, c.pos, n, Node{})
		c.skip(n)
	}
}

// gif shows the blocks of a GIF (the specification of GIF89a).
func (c *cursor) gif() {
	newer := c.str(fGIFVersion, 6) != "GIF87a"
	c.le16(fGIFWidth)
	c.le16(fGIFHeight)
	if !c.need(3) {
		return
	}
	colours := c.gifSettings("Global", newer, fGIFHasMap, fGIFColorBPP, fGIFOrdered)
	c.u8(fGIFBack)
	aspect := c.peek(0)
	c.skip(1)
	if aspect != 0 && c.on() && c.ok() {
		c.add(fGIFAspect, 1, Node{num: uint64(aspect), text: fmt.Sprintf("%d, yields an aspect ratio of (15 + %d) / 64 = %.2f", aspect, aspect, (float64(aspect)+15)/64)})
	}
	if colours > 0 {
		c.bytes(fGIFMap, 3*colours)
	}
	for n := 0; n < maxImageParts && c.ok() && c.left() > 0; n++ {
		switch c.peek(0) {
		case '!':
			name := gifExtension(uint64(c.peek(1)))
			if name == "" {
				name = fmt.Sprintf("<Warning: Unknown extension 0x%02x>", c.peek(1))
			}
			c.sub(fGIFExt, "Extension: "+name)
			c.skip(1)
			c.u8(fGIFExtLabel)
			c.gifBlocks()
		case ',':
			c.sub(fGIFImage, "")
			c.skip(1)
			c.le16(fGIFLeft)
			c.le16(fGIFTop)
			c.le16(fGIFImgWidth)
			c.le16(fGIFImgHigh)
			if !c.need(1) {
				return
			}
			if colours := c.gifSettings("Local", newer, fGIFLocalHas, fGIFLocalBPP, fGIFLocalOrd); colours > 0 {
				c.bytes(fGIFLocalMap, 3*colours)
			}
			c.u8(fGIFCodeSize)
			c.gifBlocks()
		case ';':
			c.addAt(fGIFEnd, c.pos, 1, Node{})
			return
		default:
			if c.on() {
				c.addAt(fText, c.pos, 1, Node{text: eGIFUnknown.Name})
				c.begin()
				c.expert(WarnSev, GroupProtocol, eGIFUnknown, eGIFUnknown.Name)
				c.end()
			}
			return
		}
		if c.ok() {
			c.end()
		}
	}
}

// gifSettings shows the byte that describes a color map, and gives how many colors
// that has. Only the newer version of GIF says whether they are ordered.
func (c *cursor) gifSettings(of string, newer bool, has, depth, ordered *Field) int {
	v := uint64(c.peek(0))
	bits := func(n uint64, what string) string {
		return fmt.Sprintf(" (%s per %s)", plural(int(n), "bit"), what)
	}
	if c.on() {
		label := of + " settings:"
		if v&0x80 != 0 {
			label += " (" + of + " color table present)"
		}
		c.addAt(fText, c.pos, 1, Node{text: label + bits(v>>4&7+1, "color") + bits(v&7+1, "pixel")})
	}
	c.begin()
	c.skip(1)
	for _, f := range []*Field{has, depth, ordered, fGIFBPP} {
		if f != ordered || newer {
			c.bits(f, 1, v)
		}
	}
	c.end()
	if v&0x80 == 0 {
		return 0
	}
	return 2 << (v & 7)
}

// gifBlocks shows data blocks up to an empty one.
func (c *cursor) gifBlocks() {
	for n := 0; c.ok() && c.left() > 0; n++ {
		size := int(c.peek(0))
		off := c.pos
		c.skip(1)
		b := c.raw(size)
		if c.on() && c.ok() && n < maxImageParts {
			value := "<none>"
			if size > 0 {
				value = (&Node{Field: fGIFBlock, raw: b}).Label()[len(fGIFBlock.Name)+2:]
			}
			c.addAt(fGIFBlock, off, 1+size, Node{raw: b, text: fmt.Sprintf("Data block: %s (length = %d)", value, size)})
		}
		if size == 0 {
			return
		}
	}
}
