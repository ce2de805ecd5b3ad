package safetensors

import (
	"encoding/hex"
	"errors"
	"maps"

	"github.com/seed366ff29f/chainrule/internal/digest"
)

// sealKey is the name of the seal in the metadata.
const sealKey = "sha256"

// Sealed returns a copy of the metadata with a seal in it, by which [File.Verify] notices any change of the file: the
// SHA-256 of what [Write] writes without the seal.
func Sealed(tensors []Tensor, metadata map[string]string) (map[string]string, error) {
	sealed := map[string]string{}
	maps.Copy(sealed, metadata)
	delete(sealed, sealKey)
	h := digest.New()
	if err := Write(h, tensors, sealed); err != nil {
		return nil, err
	}
	sealed[sealKey] = hex.EncodeToString(h.Sum(nil))
	return sealed, nil
}

// Verify returns an error unless the file has a seal and is as it was when it got that. The tensors must have been
// read, all of them.
func (f *File) Verify() error {
	tensors := make([]Tensor, f.Len())
	for i := range tensors {
		tensors[i] = f.Tensor(i)
	}
	sealed, err := Sealed(tensors, f.Metadata)
	switch {
	case err != nil:
		return err
	case f.Metadata[sealKey] == "":
		return errors.New("there is no checksum in the file")
	case f.Metadata[sealKey] != sealed[sealKey]:
		return errors.New("the checksum is not that of the content: the file is damaged")
	}
	return nil
}
