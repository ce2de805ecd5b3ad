package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// addresses packs points and unpacks them again.
const addresses = `
import assert from "node:assert";
const { pack, unpack } = await import(process.argv[2]);
const at = (k) => (k / 255 * 2 - 1) * 3;
const points = Array.from({ length: 256 }, (_, k) => ({ x: at(k), y: at(255 - k), c: k % 3 }));
const text = pack(points, 3);
assert.match(text, /^[A-Za-z0-9_-]{1024}$/);
assert.deepStrictEqual(unpack(text, 3), points);
assert.deepStrictEqual(unpack("****" + text + "A*A" + "ABC", 3).slice(0, 256), points);
for (const wrong of ["", "*", "AAA", "****", "BA**", "%%%%%%%%", "é😀"]) assert.deepStrictEqual(unpack(wrong, 3), []);
`

// Points that are drawn come back from the address as they were.
func TestAddress(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed")
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"test.mjs": []byte(addresses), "address.mjs": mustRead(t, filepath.Join("web", "js", "address.js"))} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(node, filepath.Join(dir, "test.mjs"), "file://"+filepath.ToSlash(filepath.Join(dir, "address.mjs"))).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
