// Package browser tests the pages of this module as people use them: in a real browser, by keys, sliders and the
// address bar. It is a module of its own, so that the library does not depend on what drives the browser:
//
//	go test -C internal/browser .
//
// The browser is Chromium or Chrome, found in PATH and driven without a window over its DevTools protocol. Where there
// is none, the tests are skipped; with CHAINRULE_BROWSER=required in the environment they fail. With
// CHAINRULE_BROWSER_SHOTS=DIR they leave pictures of what they saw in that directory.
//
// [Open] gives a test a [Tab] of its own. Whatever the test looks at, the tab fails it when the page writes an error or
// a warning to its console, throws an exception that nobody catches, opens a dialog, or asks any server but its own for
// something.
//
// The pages promise some attributes, by which the tests read them:
//
//	data-node            on the element of a node: the node's name
//	data-value           on the same: the node's value at the present step, with all its digits; a tensor's numbers are
//	                     separated by spaces; empty while it is unknown
//	data-delta           on the same: its adjoint δ, in the same form
//	data-step            on the body: the present step, counted from 0
//	data-steps           on the body: the number of steps
//
// What WCAG 2.2 asks of a page's contrast and names is checked with axe-core, see testdata/axe.
package browser
