package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
)

// Every row of package ops is compared with PyTorch's, or there is a reason why not.
func TestEveryOperationIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, o := range slices.Concat(operations, linear) {
		listed[o.name] = true
		if len(o.calls) == 0 || o.torch == "" {
			t.Errorf("%s has no calls, or nothing of PyTorch's", o.name)
		}
	}
	known := map[string]bool{}
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		known[row.Name] = true
		switch reason := unmatched[row.Name]; {
		case !listed[row.Name] && reason == "":
			t.Errorf("operation %s is neither in a list of rows_operations.go nor among unmatched", row.Name)
		case listed[row.Name] && reason != "":
			t.Errorf("operation %s is in a list, and among unmatched", row.Name)
		}
	}
	for name := range unmatched {
		if !known[name] {
			t.Errorf("unmatched names %s, which is no operation", name)
		}
	}
}

// An operation with a derivative is measured in both directions.
func TestOperationsWithoutGradient(t *testing.T) {
	for _, row := range graph.Rows() {
		for _, o := range slices.Concat(operations, linear) {
			if o.name == row.Name && o.noGrad != (row.Class == graph.NoGrad) {
				t.Errorf("%s is listed with noGrad %v", o.name, o.noGrad)
			}
		}
	}
}

func TestParseOperand(t *testing.T) {
	for _, test := range []struct {
		word string
		want operand
	}{
		{"():-2:2", operand{shape: []int{}, kind: []string{"-2", "2"}}},
		{"(3,4)t:0:1", operand{shape: []int{3, 4}, transposed: true, kind: []string{"0", "1"}}},
		{"(5):int:7", operand{shape: []int{5}, kind: []string{"int", "7"}}},
		{"(5):bool", operand{shape: []int{5}, kind: []string{"bool"}}},
	} {
		if diff := cmp.Diff(test.want, parseOperand(test.word), cmp.AllowUnexported(operand{})); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.word, diff)
		}
	}
}

// A job that another one took the numbers from is prepared anew.
func TestOperationTakenUpAgain(t *testing.T) {
	jobs := map[string]*job{}
	const first, second = "operation f32 both exp (3,4)t:-2:2 = torch.exp(a)", "operation f64 both solve (3,3):well (3):-2:2 = torch.linalg.solve(a,b)"
	want := respond(jobs, first, 0)
	respond(jobs, second, 0)
	got := respond(jobs, first, 0)
	a, errA := parseAnswer(want)
	b, errB := parseAnswer(got)
	if errA != nil || errB != nil || a.Check != b.Check {
		t.Errorf("answers %q, then %q", want, got)
	}
}

// The operands that words describe are of the kinds that operations need.
func TestOperationKinds(t *testing.T) {
	for _, words := range []string{
		"f32 forward where (4):bool (4):-2:2 (4):-2:2 = torch.where(a,b,c)",
		"f32 both gather (4,3):-2:2 0 #5:4 = torch.index_select(a,p,i)",
		"f32 both concat 0 (2,3):-2:2 (2,3):-2:2 = torch.cat((a,b),p)",
		"f32 both reshape-neg (2,3):-2:2 3 2 = -a.reshape(p,q)",
		"f32 both leaky_relu (4):-2:2 0.01 = F.leaky_relu(a,p)",
		"f32 both clamp (4):-2:2 -1.0 1.0 = torch.clamp(a,p,q)",
		"f32 forward search_sorted (5):sorted (4):-2:2 = torch.searchsorted(a,b,right=True)",
		"f32 forward random_uniform ():int:1000 ():int:1000 0 3 4 = torch.rand(q,r)",
		"f32 both bce (4):0.25:0.75 (4):const:0:1 = F.binary_cross_entropy(a,b)",
		"f64 both cholesky (4,4):spd = torch.linalg.cholesky(a)",
		"f64 both det (4,4):near = torch.linalg.det(a)",
		"f64 both eigh (4,4):symmetric = torch.linalg.eigh(a)",
		"f64 both svd (4,4):wide = svd(a)",
		"f64 both qr (4,4):well = torch.linalg.qr(a)",
	} {
		a, err := parseAnswer(respond(map[string]*job{}, "operation "+words, 0))
		if err != nil {
			t.Errorf("%s: %v", words, err)
		} else if !strings.Contains(words, "random") && !(a.Check > 0 || a.Check < 0) {
			t.Errorf("%s: the check is %v", words, a.Check)
		}
	}
}

func TestSummary(t *testing.T) {
	side := func(ratio float64, verdict string) result {
		return result{Section: secLinalg, Peers: []peerSide{{Ratio: &spread{Median: ratio}, Verdict: verdict}}}
	}
	got := summaryOf([]result{side(0.5, met), side(1.1, met), side(3, missed), {Section: secConv, Peers: []peerSide{{Ratio: &spread{}}}}})
	if want := "1 of 3 rows (33 %) are at or below 1.0, 1 above their limit."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := summaryOf([]result{{Section: secConv}}); got != "" {
		t.Errorf("another section has the summary %q", got)
	}
}
