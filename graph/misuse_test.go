package graph_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
)

var (
	nilGraph     *graph.Graph
	nilAdjoints  *graph.Adjoints
	zeroAdjoints graph.Adjoints
	nilTangents  *graph.Tangents
	nilCots      *graph.Cotangents
	zeroCots     graph.Cotangents
	zeroTangents graph.Tangents
	zeroNode     graph.Node
	zeroCall     graph.Call
	zeroValue    graph.Value
	vector       = tensor.Of([]float64{1, 2}, 2)
	zeroTensor   = &tensor.Tensor{}
)

// mul is the node of a scalar product, matrix one of a tensor product.
func mul() graph.Node {
	x := graph.New().Var(2)
	return ops.Mul(x, x).Node()
}

func matrix() graph.Node {
	x := graph.New().VarTensor(vector)
	return ops.Mul(x, x).Node()
}

func tensorCall() graph.Call { return graph.Begin(matrix().Op(), graph.New().VarTensor(vector)) }

func leaf() graph.Node { return graph.New().Var(1).Node() }

// Calls that no correct program makes, by function or method. Every exported one stands here; one without calls takes
// anything.
var misuses = map[string][]func(){
	"Adjoints.Drop":       {func() { nilAdjoints.Drop(mul()) }, func() { zeroAdjoints.Drop(mul()) }},
	"Adjoints.Hand":       {func() { nilAdjoints.Hand(mul(), leaf()) }, func() { zeroAdjoints.Hand(mul(), leaf()) }},
	"Adjoints.Pass":       {func() { nilAdjoints.Pass(mul(), leaf(), 0) }, func() { zeroAdjoints.Pass(mul(), leaf(), 0) }},
	"Adjoints.Graph":      {func() { nilAdjoints.Graph() }, func() { zeroAdjoints.Graph() }},
	"Adjoints.Read":       {func() { nilAdjoints.Read(nil, nil) }, func() { zeroAdjoints.Read(nil, []graph.Value{{}}) }},
	"Adjoints.Release":    {func() { nilAdjoints.Release() }, func() { zeroAdjoints.Release() }},
	"Adjoints.Root":       {func() { nilAdjoints.Root() }, func() { zeroAdjoints.Root() }},
	"Adjoints.AddScalar":  {func() { nilAdjoints.AddScalar(leaf(), 1) }, func() { zeroAdjoints.AddScalar(leaf(), 1) }},
	"Adjoints.Covers":     {func() { nilAdjoints.Covers(leaf()) }, func() { zeroAdjoints.Covers(leaf()) }},
	"Adjoints.Reached":    {func() { nilAdjoints.Reached(leaf()) }, func() { zeroAdjoints.Reached(leaf()) }},
	"Adjoints.Scalar":     {func() { nilAdjoints.Scalar(leaf()) }, func() { zeroAdjoints.Scalar(leaf()) }},
	"Adjoints.SeedScalar": {func() { nilAdjoints.SeedScalar(1) }, func() { zeroAdjoints.SeedScalar(1) }},
	"Adjoints.Sweep":      {func() { nilAdjoints.Sweep(0) }, func() { zeroAdjoints.Sweep(0) }},
	"Adjoints.Seed":       {func() { nilAdjoints.Seed(vector) }, func() { zeroAdjoints.Seed(vector) }},
	"Adjoints.Serial":     {func() { nilAdjoints.Serial() }},
	"Adjoints.Tensor":     {func() { nilAdjoints.Tensor(matrix()) }, func() { zeroAdjoints.Tensor(matrix()) }},
	"Adjoints.Touch":      {func() { nilAdjoints.Touch(matrix()) }, func() { zeroAdjoints.Touch(matrix()) }},
	"Begin": {
		func() { graph.Begin(mul().Op()) }, func() { graph.Begin(mul().Op(), zeroValue) }, func() { graph.Begin(mul().Op(), graph.New().Var(1), zeroValue) },
		func() { graph.Begin(mul().Op(), graph.New().Var(1), graph.New().Var(1)) },
	},
	"Call.AllScalar":    {func() { zeroCall.AllScalar() }},
	"Call.Aux":          {func() { zeroCall.Aux(1) }},
	"Call.Axis":         {func() { zeroCall.Axis(0, 0) }, func() { tensorCall().Axis(1, 0) }, func() { tensorCall().Axis(math.MinInt, 0) }, func() { tensorCall().Axis(0, 1) }},
	"Call.Dims":         {func() { zeroCall.Dims(0) }, func() { tensorCall().Dims(1) }, func() { tensorCall().Dims(-1) }},
	"Call.Errorf":       nil,
	"Call.Floats":       {func() { zeroCall.Floats(0, 0) }},
	"Call.Input":        {func() { zeroCall.Input(0) }, func() { tensorCall().Input(1) }, func() { tensorCall().Input(-1) }},
	"Call.Ints":         {func() { zeroCall.Ints(1) }},
	"Call.Record":       {func() { zeroCall.Record() }, func() { tensorCall().Record(-1) }, func() { tensorCall().Record(math.MaxInt, 2) }},
	"Call.RecordConst":  {func() { zeroCall.RecordConst(1) }},
	"Call.RecordScalar": {func() { zeroCall.RecordScalar(1, graph.Term{}, graph.Term{}) }, func() { tensorCall().RecordScalar(1, graph.Term{Input: 1}, graph.Term{}) }, func() { tensorCall().RecordScalar(1, graph.Term{}, graph.Term{Input: -1}) }},
	"Call.RecordView":   {func() { zeroCall.RecordView(0) }, func() { tensorCall().RecordView(1, 2) }, func() { tensorCall().RecordView(-1, 1) }, func() { tensorCall().RecordView(0, math.MaxInt, 2) }},
	"Unary":             {func() { graph.Unary(mul().Op(), zeroValue) }},
	"Errorf":            nil,
	"UnaryParam":        {func() { graph.UnaryParam(mul().Op(), zeroValue) }, func() { graph.UnaryParam(mul().Op(), graph.New().Var(1), 1) }, func() { graph.UnaryParam(mul().Op(), graph.New().Var(1), 1, 2, 3) }},
	"Binary":            {func() { graph.Binary(mul().Op(), zeroValue, zeroValue) }, func() { graph.Binary(mul().Op(), graph.New().Var(1), graph.New().Var(1)) }, func() { graph.Binary(graph.Op(0), leaf().Value(), leaf().Value()) }},
	"Call.Broadcast":    {func() { tensorCall().Broadcast(nil, []int{2}, []int{3}) }},
	"MapPairs":          nil, "AddSlopes": nil, "Node.Unstretched": nil,
	"Node.DType":        {func() { zeroNode.DType() }},
	"Node.Temp":         {func() { zeroNode.Temp() }, func() { leaf().Temp(-1) }},
	"Node.Buffer":       {func() { zeroNode.Buffer() }, func() { leaf().Buffer(-1) }},
	"Node.FreeTemp":     {func() { zeroNode.FreeTemp(nil) }},
	"Node.Contribution": {func() { zeroNode.Contribution(0, 1) }, func() { leaf().Contribution(0, 1) }},
	"Graph.Ancestors":   {func() { nilGraph.Ancestors(graph.AllEdges, leaf().Value()) }, func() { graph.New().Ancestors(graph.AllEdges, zeroValue) }, func() { graph.New().Ancestors(graph.AllEdges, leaf().Value()) }},
	"Graph.Between":     {func() { nilGraph.Between(graph.AllEdges, leaf().Value()) }, func() { graph.New().Between(graph.AllEdges, zeroValue) }, func() { graph.New().Between(graph.AllEdges, leaf().Value()) }},
	"Graph.Loudly":      {func() { nilGraph.Loudly(func() {}) }, func() { graph.New().Loudly(nil) }},
	"Graph.Quiet":       {func() { nilGraph.Quiet() }},
	"NodeSet.Add":       {func() { new(graph.NodeSet).Add(-1) }},
	"NodeSet.All":       nil, "NodeSet.Down": nil, "NodeSet.Has": nil, "NodeSet.Len": nil, "NodeSet.Remove": nil,
	"Node.OpName":      {func() { zeroNode.OpName() }},
	"Graph.AppendVars": {func() { nilGraph.AppendVars(nil, nil) }, func() { nilGraph.AppendVars(nil, []float64{1}) }},
	"Graph.Bind":       {func() { nilGraph.Bind(vector) }, func() { graph.New().Bind(nil) }, func() { graph.New().Bind(zeroTensor) }, func() { graph.New().Bind(vector.To(tensor.Float32)) }},
	"Graph.BindConst":  {func() { nilGraph.BindConst(vector) }, func() { graph.New().BindConst(nil) }, func() { graph.New().BindConst(zeroTensor) }},
	"Graph.BindTo": {
		func() { nilGraph.BindTo(vector, leaf().Value()) }, func() { g := graph.New(); g.BindTo(nil, g.Const(1)) },
		func() { g := graph.New(); g.BindTo(zeroTensor, g.Const(1)) }, func() { graph.New().BindTo(vector, zeroValue) },
		func() { graph.New().BindTo(vector, matrix().Value()) }, func() { g := graph.New(); g.BindTo(vector, g.Const(1)) },
		func() { g := graph.New(); g.BindTo(vector, g.Bind(vector)) }, func() { g := graph.New(); g.BindTo(vector, g.BindConst(vector)) },
	},
	"Graph.Bound":         {func() { nilGraph.Bound(vector) }},
	"Graph.Changed":       {func() { nilGraph.Changed() }},
	"Node.ChangedOperand": {func() { zeroNode.ChangedOperand() }},
	"Adjoints.Nodes":      {func() { nilAdjoints.Nodes() }, func() { zeroAdjoints.Nodes() }},
	"Graph.Const":         {func() { nilGraph.Const(1) }},
	"Graph.ConstTensor":   {func() { nilGraph.ConstTensor(vector) }, func() { graph.New().ConstTensor(nil) }, func() { graph.New().ConstTensor(zeroTensor) }},
	"Graph.DType":         {func() { nilGraph.DType() }},
	"Graph.FreeTemp":      {func() { nilGraph.FreeTemp(vector) }, func() { graph.New().FreeTemp(nil) }, func() { graph.New().FreeTemp(vector) }},
	"Graph.Len":           {func() { nilGraph.Len() }},
	"Graph.Lend":          {func() { nilGraph.Lend(vector) }, func() { graph.New().Lend(nil) }, func() { graph.New().Lend(zeroTensor) }},
	"Graph.Links":         {func() { nilGraph.Links(1) }, func() { leaf().Graph().Links(2) }, func() { leaf().Graph().Links(-1) }},
	"Graph.Mark":          {func() { nilGraph.Mark() }},
	"Graph.NewAdjoints":   {func() { nilGraph.NewAdjoints(leaf().Value()) }, func() { graph.New().NewAdjoints(zeroValue) }, func() { graph.New().NewAdjoints(leaf().Value()) }},
	"Graph.Nodes":         {func() { nilGraph.Nodes() }},
	"Graph.Quietly":       {func() { nilGraph.Quietly(func() {}) }, func() { graph.New().Quietly(nil) }},
	"Graph.Recycle":       {func() { nilGraph.Recycle() }},
	"Graph.Reset":         {func() { nilGraph.Reset() }},
	"Graph.Rewind":        {func() { nilGraph.Rewind(graph.Mark{}) }, func() { graph.New().Rewind(graph.Mark{}) }, func() { graph.New().Rewind(graph.New().Mark()) }},
	"Graph.Scope":         {func() { nilGraph.Scope("s") }},
	"Graph.Scopes":        {func() { nilGraph.Scopes() }},
	"Graph.Scratch":       {func() { nilGraph.Scratch(func() {}) }, func() { graph.New().Scratch(nil) }},
	"Graph.Temp":          {func() { nilGraph.Temp() }, func() { graph.New().Temp(-1) }, func() { graph.New().Temp(math.MaxInt, 4) }, func() { graph.New(graph.WithMemoryLimit(1 << 20)).Temp(1 << 20) }},
	"Graph.Reads":         {func() { nilGraph.Reads() }},
	"Graph.Traced":        {func() { nilGraph.Traced() }},
	"Graph.Trim":          {func() { nilGraph.Trim() }},
	"Graph.OnlyScalars":   {func() { nilGraph.OnlyScalars() }},
	"Graph.ReadScalar":    {func() { nilGraph.ReadScalar(1, new(graph.ScalarNode)) }, func() { leaf().Graph().ReadScalar(1, nil) }, func() { leaf().Graph().ReadScalar(0, new(graph.ScalarNode)) }, func() { leaf().Graph().ReadScalar(2, new(graph.ScalarNode)) }, func() { leaf().Graph().ReadScalar(-1, new(graph.ScalarNode)) }},
	"Graph.Value":         {func() { nilGraph.Value(1) }, func() { graph.New().Value(1) }, func() { leaf().Graph().Value(0) }, func() { leaf().Graph().Value(2) }, func() { leaf().Graph().Value(math.MinInt) }, func() { leaf().Graph().Value(math.MaxInt) }},
	"Graph.Var":           {func() { nilGraph.Var(1) }},
	"Graph.VarTensor":     {func() { nilGraph.VarTensor(vector) }, func() { graph.New().VarTensor(nil) }, func() { graph.New().VarTensor(zeroTensor) }},
	"Graph.Vars":          {func() { nilGraph.Vars(nil) }, func() { nilGraph.Vars([]float64{1}) }},
	"Graph.WriteText":     {func() { _ = nilGraph.WriteText(&strings.Builder{}) }, func() { _ = graph.New().WriteText(nil) }},
	"New":                 {func() { graph.New(nil) }, func() { graph.New(graph.WithDType(tensor.Float32), nil) }},
	"Node.Aux":            {func() { zeroNode.Aux() }},
	"Node.Caller":         {func() { zeroNode.Caller() }},
	"Node.Data":           {func() { zeroNode.Data() }},
	"Node.Dims":           {func() { zeroNode.Dims() }},
	"Node.Errorf":         {func() { _ = zeroNode.Errorf(graph.ErrUsage, "") }},
	"Node.Float":          {func() { zeroNode.Float(0) }, func() { matrix().Float(2) }, func() { matrix().Float(-1) }},
	"Node.Graph":          nil,
	"Node.ID":             nil,
	"Node.In":             {func() { zeroNode.In(0) }, func() { matrix().In(2) }, func() { matrix().In(-1) }, func() { mul().In(0) }},
	"Node.Input":          {func() { zeroNode.Input(0) }, func() { matrix().Input(2) }, func() { mul().Input(2) }, func() { mul().Input(-1) }, func() { leaf().Input(0) }},
	"Node.InputNode":      {func() { zeroNode.InputNode(0) }, func() { matrix().InputNode(2) }, func() { mul().InputNode(2) }, func() { mul().InputNode(-1) }},
	"Node.Int":            {func() { zeroNode.Int(0) }, func() { matrix().Int(0) }, func() { mul().Int(-1) }},
	"Node.Ints":           {func() { zeroNode.Ints() }},
	"Node.Label":          {func() { zeroNode.Label() }},
	"Node.Name":           {func() { zeroNode.Name() }},
	"Node.NumInputs":      {func() { zeroNode.NumInputs() }},
	"Node.Op":             {func() { zeroNode.Op() }},
	"Node.Out":            {func() { zeroNode.Out() }},
	"Node.Partial":        {func() { zeroNode.Partial(0) }, func() { mul().Partial(2) }, func() { mul().Partial(-1) }},
	"Node.Row":            {func() { zeroNode.Row() }},
	"Node.Save":           {func() { zeroNode.Save(0) }, func() { matrix().Save(2) }, func() { matrix().Save(-1) }, func() { matrix().Save(0, -1) }},
	"Node.SaveFloat64":    {func() { zeroNode.SaveFloat64(0) }, func() { matrix().SaveFloat64(2) }, func() { matrix().SaveFloat64(-1) }, func() { matrix().SaveFloat64(0, -1) }},
	"Node.Saved":          {func() { zeroNode.Saved(0) }, func() { matrix().Saved(2) }, func() { matrix().Saved(-1) }},
	"Node.Scalar":         {func() { zeroNode.Scalar() }},
	"Node.Value":          {func() { zeroNode.Value() }},
	"Node.Passes":         {func() { zeroNode.Passes(0) }, func() { matrix().Passes(2) }},
	"Node.View":           {func() { zeroNode.View() }},
	"Node.Wants":          {func() { zeroNode.Wants(0) }, func() { matrix().Wants(2) }, func() { mul().Wants(-1) }},
	"Node.WantsGrad":      {func() { zeroNode.WantsGrad() }},
	"Record1":             nil, // for flags of Scalar only: they call nothing, so that they can be inlined
	"Record1Param":        nil,
	"Record2":             nil,
	"Scalar":              nil,
	"Scalars":             nil,
	"Traced":              nil,
	"Try":                 nil, // returns an error
	"Value.Check":         {func() { zeroValue.Check("f") }},
	"Value.CheckIn":       {func() { zeroValue.CheckIn("f", graph.New()) }, func() { leaf().Value().CheckIn("f", nil) }},
	"Value.Dims":          {func() { zeroValue.Dims() }},
	"Value.Graph":         nil,
	"Value.ID":            {func() { zeroValue.ID() }},
	"Value.Inputs":        {func() { zeroValue.Inputs() }},
	"Value.IsLeaf":        {func() { zeroValue.IsLeaf() }},
	"Value.Item":          {func() { zeroValue.Item() }, func() { matrix().Value().Item() }},
	"Value.Name":          {func() { zeroValue.Name() }},
	"Value.Len":           {func() { zeroValue.Len() }},
	"Value.Named":         {func() { zeroValue.Named("x") }},
	"Value.Node":          {func() { zeroValue.Node() }},
	"Value.NoteRead":      {func() { zeroValue.NoteRead() }},
	"Value.Rank":          {func() { zeroValue.Rank() }},
	"Value.Set":           {func() { zeroValue.Set(1) }, func() { mul().Value().Set(1) }, func() { graph.New().VarTensor(vector).Set(1) }},
	"Value.SetTensor":     {func() { zeroValue.SetTensor(vector) }, func() { leaf().Value().SetTensor(nil) }, func() { leaf().Value().SetTensor(zeroTensor) }, func() { leaf().Value().SetTensor(vector) }},
	"Value.Shape":         {func() { zeroValue.Shape() }},
	"Value.String":        nil,
	"Value.Tensor":        {func() { zeroValue.Tensor() }},
	"Value.Valid":         nil,
	"Value.WantsGrad":     {func() { zeroValue.WantsGrad() }},
	"WithCallers":         nil,
	"WithDType":           {func() { graph.WithDType(255) }, func() { graph.WithDType(2) }},
	"WithMemoryLimit":     {func() { graph.WithMemoryLimit(-1) }},

	// The table of operations.
	"Register": {
		func() { graph.Register(graph.Row{Name: "no_function"}) },
		func() { graph.Register(graph.Row{Func: ops.Exp, Unary: identity, Class: graph.NoGrad}) },
		func() {
			graph.Register(graph.Row{Name: "two words", Func: ops.Exp, Unary: identity, Class: graph.NoGrad})
		},
		func() { graph.Register(graph.Row{Name: "1st", Func: ops.Exp, Unary: identity, Class: graph.NoGrad}) },
		func() {
			graph.Register(graph.Row{Name: "Größe", Func: ops.Exp, Unary: identity, Class: graph.NoGrad})
		},
		func() { graph.Register(graph.Row{Name: "mul", Func: ops.Mul}) },
		func() { graph.Register(graph.Row{Name: "no_forward", Func: ops.Exp}) },
		func() { graph.Register(graph.Row{Name: "no_vjp", Func: ops.Exp, Unary: identity}) },
		func() {
			graph.Register(graph.Row{Name: "two_minds", Func: ops.Exp, Unary: identity, Class: graph.NoGrad, VJP: passOn})
		},
		func() {
			graph.Register(graph.Row{Name: "nothing_in_common", Func: ops.Exp, Forward: func(graph.Node) {}, VJP: passOn, Common: func(graph.Node, *tensor.Tensor) {}})
		},
		func() {
			graph.Register(graph.Row{Name: "selects_too_far", Func: ops.Exp, Unary: identity, Class: graph.Elementwise, VJP: passOn, Selects: []int{32}})
		},
	},
	"Op.Row": {func() { graph.Op(60000).Row() }}, "Op.String": {func() { _ = graph.Op(60000).String() }}, "Row.SelectsOperand": nil, "Row.Arity": nil, "Row.GoName": nil, "Rows": nil,

	"Graph.NewTangents":   {func() { nilGraph.NewTangents(1, leaf().Value()) }, func() { graph.New().NewTangents(1, zeroValue) }, func() { mul().Graph().NewTangents(-1, mul().Value()) }, func() { l := leaf(); l.Graph().NewTangents(1, l.Value(), leaf().Value()) }},
	"Graph.TempView":      {func() { nilGraph.TempView(vector, 0, 1) }, func() { graph.New().TempView(nil, 0) }, func() { graph.New().TempView(vector, 0, 100) }, func() { graph.New().TempView(vector, -1, 1) }},
	"Node.Again":          {func() { zeroNode.Again() }, func() { matrix().Again() }, func() { matrix().Again(leaf().Value(), leaf().Value()) }, func() { matrix().Again(zeroValue, zeroValue) }, func() { n := mul(); n.Again(n.Input(1), n.Input(0)) }},
	"Node.Apply":          {func() { zeroNode.Apply(vector, vector) }, func() { mul().Apply(vector, vector) }, func() { matrix().Apply(vector, vector) }, func() { matrix().Apply(nil, vector) }, func() { matrix().Apply(vector, nil) }},
	"Node.With":           {func() { zeroNode.With(0, vector, func() {}) }, func() { mul().With(0, vector, func() {}) }, func() { matrix().With(7, vector, func() {}) }, func() { matrix().With(-1, vector, func() {}) }, func() { matrix().With(0, nil, func() {}) }, func() { matrix().With(0, vector, nil) }, func() { matrix().With(0, tensor.New(tensor.Float32, 1), func() {}) }},
	"Tangents.Aim":        {func() { nilTangents.Aim(0, leaf().Value()) }, func() { zeroTangents.Aim(0, leaf().Value()) }, func() { tangents().Aim(0, leaf().Value()) }, func() { t := tangents(); t.Aim(-1, t.Graph().Value(1)) }, func() { t := tangents(); t.Aim(0, t.Graph().Value(1), leaf().Value()) }},
	"Tangents.Clear":      {func() { nilTangents.Clear() }, func() { zeroTangents.Clear() }},
	"Tangents.Directions": {func() { nilTangents.Directions() }, func() { zeroTangents.Directions() }},
	"Tangents.New":        {func() { nilTangents.New(leaf(), 0) }, func() { zeroTangents.New(leaf(), 0) }, func() { tangents().New(leaf(), 0) }, func() { t := tangents(); t.New(t.Graph().Value(1).Node(), 7) }},
	"Tangents.Nodes":      {func() { nilTangents.Nodes() }, func() { zeroTangents.Nodes() }},
	"Tangents.Release":    {func() { nilTangents.Release() }, func() { zeroTangents.Release() }, func() { t := tangents(); t.Release(); t.Release() }},
	"Tangents.Scalar":     {func() { nilTangents.Scalar(leaf()) }, func() { zeroTangents.Scalar(leaf()) }, func() { tangents().Scalar(leaf()) }},
	"Tangents.Seed":       {func() { nilTangents.Seed(leaf().Value(), vector) }, func() { zeroTangents.Seed(leaf().Value(), vector) }, func() { tangents().Seed(leaf().Value(), vector) }, func() { t := tangents(); t.Seed(t.Graph().Value(1), vector) }, func() { t := tangents(); t.Seed(t.Graph().Value(1), nil) }},
	"Tangents.Set":        {func() { nilTangents.Set(leaf(), vector) }, func() { zeroTangents.Set(leaf(), vector) }, func() { tangents().Set(leaf(), vector) }, func() { t := tangents(); t.Set(t.Graph().Value(1).Node(), vector) }, func() { t := tangents(); t.Set(t.Graph().Value(1).Node(), nil) }},
	"Tangents.Sweep":      {func() { nilTangents.Sweep() }, func() { zeroTangents.Sweep() }},
	"Tangents.Graph":      {func() { nilTangents.Graph() }, func() { zeroTangents.Graph() }},
	"Tangents.Tensor":     {func() { nilTangents.Tensor(matrix()) }, func() { zeroTangents.Tensor(matrix()) }, func() { tangents().Tensor(matrix()) }},

	"Graph.NewCotangents": {func() { nilGraph.NewCotangents(0, leaf().Value()) }, func() { graph.New().NewCotangents(0, zeroValue) }, func() { l := leaf(); l.Graph().NewCotangents(0, l.Value(), leaf().Value()) }},
	"Cotangents.Down":     {func() { nilCots.Down(nil) }, func() { zeroCots.Down(nil) }},
	"Cotangents.Graph":    {func() { nilCots.Graph() }, func() { zeroCots.Graph() }},
	"Cotangents.Has":      nil,
	"Cotangents.Of": {func() {
		c := cotangents()
		end := c.Graph().Mark()
		c.Set(1, c.Graph().Var(1))
		c.Graph().Rewind(end)
		c.Of(1)
	}},
	"Cotangents.Release": {func() { nilCots.Release() }, func() { zeroCots.Release() }, func() { c := cotangents(); c.Release(); c.Release() }},
	"Cotangents.Set":     {func() { nilCots.Set(1, leaf().Value()) }, func() { zeroCots.Set(1, leaf().Value()) }, func() { cotangents().Set(1, leaf().Value()) }, func() { cotangents().Set(1, zeroValue) }, func() { c := cotangents(); c.Set(-1, c.Graph().Value(1)) }, func() { c := cotangents(); c.Set(100, c.Graph().Value(1)) }},

	"WithFlushToZero": nil, "Graph.FlushesToZero": {func() { nilGraph.FlushesToZero() }},
	"WithProfile": {func() { graph.WithProfile(nil) }}, "Graph.Profile": {func() { nilGraph.Profile() }},
	"Profile.Entries": {func() { (*graph.Profile)(nil).Entries() }}, "Profile.Reset": {func() { (*graph.Profile)(nil).Reset() }},
	"Profile.WriteTable": {func() { _ = (*graph.Profile)(nil).WriteTable(io.Discard) }, func() { _ = new(graph.Profile).WriteTable(nil) }},
	"Profile.Measure":    nil, "Measurement.Done": nil, "Node.MeasureBackward": nil,
}

// tangents returns the storage of a sweep in two directions from a vector to its square.
func tangents() *graph.Tangents {
	g := graph.New()
	x := g.VarTensor(vector)
	return g.NewTangents(2, ops.Square(x), x)
}

// cotangents returns the storage of a sweep from the square of a leaf to the leaf.
func cotangents() *graph.Cotangents {
	x := leaf().Value()
	return x.Graph().NewCotangents(0, ops.Square(x), x)
}

func identity(x float64) (y, dx float64) { return x, 1 }

func passOn(_ graph.Node, _ int, ct graph.Value) graph.Value { return ct }

// TestMisuse holds that every call of misuses panics with an *Error, and that there is an entry for every function.
func TestMisuse(t *testing.T) {
	functions := testkit.Exported(t, 100)
	for _, f := range functions {
		name := f.Name
		calls, ok := misuses[name]
		if !ok {
			t.Errorf("%s has no entry", name)
		}
		for i, call := range calls {
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s, call %d: panics with %T: %v", name, i, r, r)
					}
				}()
				var e *graph.Error
				if err := graph.Try(call); !errors.As(err, &e) || !strings.Contains(e.Error(), ": ") {
					t.Errorf("%s, call %d: got error %v, want a *graph.Error", name, i, err)
				}
			}()
		}
	}
	if err := graph.Try(nil); !errors.Is(err, graph.ErrUsage) {
		t.Errorf("Try(nil): got error %v", err)
	}
}

// TestStaleNodes holds that the view of a node that is no longer on the tape says so, and never reads past its end.
func TestStaleNodes(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector)
	y := ops.Sum(ops.Mul(x, x))
	nodes := []graph.Node{x.Node(), y.Inputs()[0].Node(), y.Node()}
	a := g.NewAdjoints(y)
	g.Reset()
	for _, n := range nodes {
		for name, use := range map[string]func(){
			"Data": func() { n.Data() }, "Dims": func() { n.Dims() }, "Out": func() { n.Out() }, "In": func() { n.In(0) }, "Ints": func() { n.Ints() },
			"Saved": func() { n.Saved(0) }, "Save": func() { n.Save(0) }, "Label": func() { n.Label() }, "Partial": func() { n.Partial(0) }, "Aux": func() { n.Aux() },
			"Touch": func() { a.Touch(n) }, "Tensor": func() { a.Tensor(n) }, "Drop": func() { a.Drop(n) }, "Hand": func() { a.Hand(n, n) }, "Pass": func() { a.Pass(n, n, 0) },
		} {
			if err := graph.Try(use); n.ID() > 1 && !errors.Is(err, graph.ErrStale) { // node 1 could be the next one
				t.Errorf("%s of node %d of an empty tape: got error %v", name, n.ID(), err)
			}
		}
	}
	if got := a.Read(nil, []graph.Value{g.Var(1)}); got != 0 {
		t.Errorf("%d adjoints were read into nothing", got)
	}
}

// TestZeroGraph holds that the zero Graph does what New returns, whatever is called first.
func TestZeroGraph(t *testing.T) {
	for name, first := range map[string]func(g *graph.Graph){
		"Var":     func(*graph.Graph) {},
		"Vars":    func(g *graph.Graph) { g.Vars(nil) },
		"Len":     func(g *graph.Graph) { g.Len() },
		"DType":   func(g *graph.Graph) { g.DType() },
		"Mark":    func(g *graph.Graph) { g.Rewind(g.Mark()) },
		"Reset":   func(g *graph.Graph) { g.Reset() },
		"Scratch": func(g *graph.Graph) { g.Scratch(func() { g.Var(1) }) },
		"Quietly": func(g *graph.Graph) { g.Quietly(func() {}) },
		"Scope":   func(g *graph.Graph) { g.Scope("s")() },
		"Scopes":  func(g *graph.Graph) { g.Scopes() },
		"Changed": func(g *graph.Graph) { g.Changed() },
		"Bound":   func(g *graph.Graph) { g.Bound(vector) },
		"Trim":    func(g *graph.Graph) { g.Trim() },
		"Recycle": func(g *graph.Graph) { g.Recycle() },
		"Temp":    func(g *graph.Graph) { g.FreeTemp(g.Temp(3)) },
		"Nodes": func(g *graph.Graph) {
			for v := range g.Nodes() {
				t.Errorf("the zero graph has a node %v", v)
			}
		},
		"WriteText": func(g *graph.Graph) {
			var b strings.Builder
			if err := g.WriteText(&b); err != nil || b.Len() > 0 {
				t.Errorf("the zero graph is written as %q, error %v", b.String(), err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var g graph.Graph
			first(&g)
			if g.Len() != 0 || g.LeafEnd() != 1 {
				t.Fatalf("length %d, first result %d", g.Len(), g.LeafEnd())
			}
			x := g.Var(3)
			y := ops.Mul(x, x)
			if got := autograd.Backward(y).Scalar(x); got != 6 || y.Item() != 9 {
				t.Errorf("x² is %v at 3 with the derivative %v, want 9 and 6", y.Item(), got)
			}
		})
	}
	leaves := map[string]func(g *graph.Graph) graph.Value{
		"VarTensor": func(g *graph.Graph) graph.Value { return g.VarTensor(vector) },
		"Bind":      func(g *graph.Graph) graph.Value { return g.Bind(vector) },
	}
	for name, make := range leaves {
		var g graph.Graph
		w := make(&g)
		if got := autograd.Backward(ops.Sum(ops.Mul(w, w))).Tensor(w).String(); got != "[2 4]" {
			t.Errorf("%s: the gradient of Σw² is %s, want [2 4]", name, got)
		}
	}
	var g graph.Graph
	if v := g.Lend(vector); ops.Sum(v).Item() != 3 {
		t.Errorf("Lend: got %v", v)
	}
}
