package program

import "testing"

func TestOperations(t *testing.T) {
	names := map[string]opcode{}
	for op := opInvalid + 1; op < numOpcodes; op++ {
		o := operations[op]
		if o.name == "" || o.f == nil || o.arity < 1 || o.arity > 3 {
			t.Errorf("opcode %d has no whole entry in the table: %q of %d operands", op, o.name, o.arity)
			continue
		}
		if other, ok := names[o.name]; ok {
			t.Errorf("opcodes %d and %d have the name %s", other, op, o.name)
		}
		names[o.name] = op
		o.f(0.5, 0.25, 0.125)
	}
}
