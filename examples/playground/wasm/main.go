//go:build js && wasm

// Command wasm is the engine in a browser's Worker. It adds one function to the Worker's global object:
//
//	chainrule.call(name, text) // {text, bytes}: JSON, and a Uint8Array or null
//
// See package bridge for what can be called.
package main

import (
	"syscall/js"

	"github.com/seed366ff29f/chainrule/examples/playground/bridge"
)

func main() {
	var b bridge.Bridge
	call := js.FuncOf(func(_ js.Value, args []js.Value) any {
		text, picture := b.Call(args[0].String(), []byte(args[1].String()))
		answer := map[string]any{"text": string(text), "bytes": js.Null()}
		if picture != nil {
			bytes := js.Global().Get("Uint8Array").New(len(picture))
			js.CopyBytesToJS(bytes, picture)
			answer["bytes"] = bytes
		}
		return answer
	})
	js.Global().Set("chainrule", map[string]any{"call": call})
	select {} // the functions are called from now on
}
