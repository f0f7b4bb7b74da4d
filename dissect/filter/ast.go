package filter

import "tcplens/dissect"

// An expression as it was written: tests joined by and, or and not. Types are not
// looked at yet.
type (
	expr interface{ isExpr() }

	logicExpr struct {
		or   bool // else and
		a, b expr
	}
	notExpr struct{ x expr }

	// compareExpr is left op right, with a word before it that says of which values.
	compareExpr struct {
		quant quantifier
		op    op
		opTok token
		a, b  operand
	}
	memberExpr struct {
		quant quantifier
		a     operand
		set   []element
		not   bool
		opTok token
	}
	existsExpr struct{ x operand }
)

func (*logicExpr) isExpr()   {}
func (*notExpr) isExpr()     {}
func (*compareExpr) isExpr() {}
func (*memberExpr) isExpr()  {}
func (*existsExpr) isExpr()  {}

// element is a value of a set, or a range of them if hi is not nil.
type element struct{ lo, hi operand }

// quantifier says of which values a comparison must hold.
type quantifier uint8

const (
	byOperator quantifier = iota
	anyOf
	allOf
)

// operand is what is compared.
type operand interface{ at() token }

type (
	// fieldOperand is a field, or one of the selected packet: ${field}.
	fieldOperand struct {
		tok    token
		fields []*dissect.Field
		layers []span // which layers of its protocol; nil for all
		ref    bool
	}
	// valueOperand is a value, or a word that is no field.
	valueOperand struct{ tok token }

	sliceOperand struct {
		tok   token // of x and the brackets
		x     operand
		spans []span
	}
	callOperand struct {
		tok  token // the function's name
		all  token // with its arguments
		args []operand
	}
	arithOperand struct {
		tok  token // of the whole
		op   byte  // + - * / % &
		opAt token
		a, b operand
	}
	minusOperand struct {
		tok token
		x   operand
	}
)

func (o *fieldOperand) at() token { return o.tok }
func (o *valueOperand) at() token { return o.tok }
func (o *sliceOperand) at() token { return o.tok }
func (o *callOperand) at() token  { return o.all }
func (o *arithOperand) at() token { return o.tok }
func (o *minusOperand) at() token { return o.tok }

// span is a part of some bytes, or of the layers of a packet.
type span struct {
	from int
	n    int // how many, if to is not used; −1: up to the end
	to   int // the last one, if byEnd
	end  bool
}

// op is a comparison.
type op uint8

const (
	opEq op = iota
	opNe
	opLt
	opLe
	opGt
	opGe
	opContains
	opMatches
)

// operator is what a word for a comparison means.
type operator struct {
	op  op
	all bool // of all values, where no word before it says otherwise
}

// operatorOf gives the comparison that a word stands for.
func operatorOf(s string) (operator, bool) {
	switch s {
	case "==", "eq", "any_eq":
		return operator{opEq, false}, true
	case "===", "all_eq":
		return operator{opEq, true}, true
	case "!=", "ne", "all_ne":
		return operator{opNe, true}, true
	case "!==", "any_ne", "~=":
		return operator{opNe, false}, true
	case "<", "lt":
		return operator{opLt, false}, true
	case "<=", "le":
		return operator{opLe, false}, true
	case ">", "gt":
		return operator{opGt, false}, true
	case ">=", "ge":
		return operator{opGe, false}, true
	case "contains":
		return operator{opContains, false}, true
	case "matches", "~":
		return operator{opMatches, false}, true
	}
	return operator{}, false
}
