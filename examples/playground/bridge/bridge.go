package bridge

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed366ff29f/chainrule/examples/internal/problem"
	"github.com/seed366ff29f/chainrule/examples/playground/network"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// A Bridge holds what the page works on. The zero Bridge is ready to use, by one goroutine at a time.
type Bridge struct {
	network *network.Network
	plane   *network.Grid // of the large picture
	nodes   *network.Grid // of the small ones
	side    int           // places along one side of it
	sent    int           // epochs that the page knows

	solution *problem.Solution // of the expression
	drawing  *drawing          // the newest
	drawings int               // how many there were
}

// calls are what the page can ask for, by name.
var calls = map[string]func(b *Bridge, arg []byte) (answer any, picture []byte, err error){
	"options":            (*Bridge).options,
	"network.new":        (*Bridge).newNetwork,
	"network.train":      (*Bridge).train,
	"expression.names":   (*Bridge).names,
	"expression.solve":   (*Bridge).solve,
	"expression.study":   (*Bridge).study,
	"expression.explain": (*Bridge).explain,
	"expression.draw":    (*Bridge).draw,
	"network.look":       (*Bridge).look,
	"place":              (*Bridge).place,
}

// A Fault is what the page is told of a call that failed.
type Fault struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`  // the setting that it is about
	Line    int    `json:"line,omitempty"`   // its place in an expression, from 1
	Column  int    `json:"column,omitempty"` // in characters, from 1
}

// Call makes a call. The text is a JSON object: the answer, or {"fault": ...}.
func (b *Bridge) Call(name string, arg []byte) (text, picture []byte) {
	answer, picture, err := b.try(name, arg)
	if err == nil {
		if text, err = json.Marshal(answer); err == nil {
			return text, picture
		}
	}
	text, _ = json.Marshal(map[string]Fault{"fault": faultOf(err)}) // strings and numbers: it cannot fail
	return text, nil
}

// try makes a call and catches what it panics with.
func (b *Bridge) try(name string, arg []byte) (answer any, picture []byte, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *graph.Error:
			err = p
		default:
			err = fmt.Errorf("internal error: %v; please report it with what you did", p)
		}
	}()
	call, ok := calls[name]
	if !ok {
		return nil, nil, fmt.Errorf("there is no call %q: the page and the engine are of different versions, load the page anew", name)
	}
	return call(b, arg)
}

// faultOf returns an error with its place.
func faultOf(err error) Fault {
	var setting *network.SettingError
	var field *fieldError
	var place *expr.Error
	fault := Fault{Message: err.Error()}
	if errors.As(err, &setting) {
		return Fault{Message: setting.Msg, Field: setting.Field}
	}
	if errors.As(err, &field) {
		fault.Field, fault.Message = field.field, field.err.Error()
	}
	if errors.As(err, &place) {
		fault.Message, fault.Line, fault.Column = place.Msg, place.Line, place.Column
	}
	return fault
}

// raw is an answer that is JSON already.
type raw []byte

// MarshalJSON implements [encoding/json.Marshaler].
func (r raw) MarshalJSON() ([]byte, error) { return r, nil }

// read reads the argument of a call.
func read(arg []byte, into any) error {
	if err := json.Unmarshal(arg, into); err != nil {
		return fmt.Errorf("the page has sent what the engine cannot read, %w: load the page anew", err)
	}
	return nil
}
