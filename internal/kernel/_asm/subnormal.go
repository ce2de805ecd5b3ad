package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
)

// A function that computes begins by asking how its goroutine wants subnormal numbers to be treated, and ends by undoing what
// came of it, unless no goroutine of the process has ever wanted zeros:
//
//	    CMPL ·subnormals(SB), $0
//	    JNE  ask
//	start:
//	    ...
//	    CMPL ·subnormals(SB), $0
//	    JNE  undo
//	    RET
//	undo:
//	    CALL ·unflushHere(SB)
//	    RET
//	ask:
//	    CALL ·flushHere(SB)
//	    JMP  start
//
// In between the process may have come to want them: then there is nothing to undo for this goroutine.

// How far the function that is being written has come.
const (
	movesOnly = iota // it does not ask
	isToAsk          // the label that it asks at is still to come
	hasAsked
)

var (
	asking = movesOnly
	undone int // returns written
)

// takeMode writes the beginning of a function that computes.
func (t target) takeMode() {
	asking, undone = isToAsk, 0
	t.jumpIfAsked("ask")
	ctx.Label("start")
}

// jumpIfAsked jumps if a goroutine has ever wanted zeros.
func (t target) jumpIfAsked(label string) {
	ctx.CMPL(operand.NewDataAddr(operand.Symbol{Name: "·subnormals"}, 0), operand.U8(0))
	ctx.JNE(operand.LabelRef(label))
}

// ret writes a return.
func (t target) ret() {
	if asking == movesOnly {
		ctx.RET()
		return
	}
	undone++
	undo := fmt.Sprintf("undo%d", undone)
	t.jumpIfAsked(undo)
	ctx.RET()
	ctx.Label(undo)
	t.call("unflushHere")
	ctx.RET()
	if asking == isToAsk {
		asking = hasAsked
		ctx.Label("ask")
		t.call("flushHere")
		ctx.JMP(operand.LabelRef("start"))
	}
}

func (t target) call(name string) {
	ctx.Instruction(&ir.Instruction{Opcode: "CALL", Operands: []operand.Op{operand.LabelRef("·" + name + "(SB)")}})
}

// mover starts a function that moves numbers and computes none: how subnormal numbers are treated makes no difference.
func (t target) mover(name, signature, doc string) {
	ctx.Function(name + t.suffix())
	ctx.Attributes(attr.NOSPLIT)
	ctx.Pragma("noescape")
	ctx.Doc(doc)
	ctx.SignatureExpr(signature)
	aside, asides, asking = nil, 0, movesOnly
}
