// Package safetensors reads and writes files of named tensors in the format of that name, which PyTorch and most others
// read:
//
//	8 bytes   the length of the header, an unsigned integer, little endian
//	header    a JSON object, padded with spaces: name → {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}
//	data      the numbers, row by row, little endian, one tensor after the other
//
// The header may have an object of strings under the name __metadata__. Offsets count from the beginning of the data, which
// tensors fill without gaps. See https://github.com/huggingface/safetensors for the format.
//
// Files come from anywhere, so [Open] takes nothing for granted: it refuses names that occur twice, offsets that
// overlap or leave gaps, lengths that are not those of shape and type, what follows the last tensor, and a header of
// more than 100 MB. Memory is taken as bytes arrive and not as the header promises: once for each byte of data, and
// three times for the header at most.
package safetensors
