package main

import (
	"fmt"
	"math"
	"strings"
)

// This file holds special functions, which exist in single precision only: they are computed in double precision, some
// digits short of it, and rounded once. Polynomials are those of package kernel's special_portable.go, and lgamma and
// digamma are for positive numbers.

// specials are mappings.
var specials = []mapping{
	special("ErfInv", target.erfInv),
	special("Sinc", target.sinc),
	special("Erfcx", target.erfcxAny),
	special("Lgamma", target.lgamma),
	special("Digamma", target.digamma),

	special("ErfInv", target.erfInvSlope).asSlope(),
	special("Sinc", target.sincSlope).asSlope(),
	special("Erfcx", target.erfcxSlope).asSlope(),
	special("Lgamma", target.digamma).asSlope(),
}

func special(name string, f func(d target, x vec) vec) mapping {
	return mapping{name: name, unroll: 1, uses: "a", value: map1(func(t target, x vec) vec {
		return t.inHalves(func(d target, in []vec) vec { return f(d, in[0]) }, x)
	})}
}

func (m mapping) asSlope() mapping {
	m.slope = true
	return m
}

// onlyPositive are those that leave other numbers to Go.
var onlyPositive = map[string]bool{"Lgamma": true, "Digamma": true}

// specials writes special functions.
func (t target) specials() {
	if !t.double {
		t.mapKernels(specials)
	}
}

// specialTables returns the Go source of the table of special functions of a target in single precision.
func (t target) specialTables() string {
	var s strings.Builder
	fmt.Fprintf(&s, "\n// specials%s are the special functions.\n", t.suffix())
	fmt.Fprintf(&s, "var specials%s = [numSpecialOps]specialLoops{\n", t.suffix())
	for _, m := range specials {
		loop := func(d mapping, set bool, part string) string {
			f := d.goName(set) + t.suffix()
			if onlyPositive[m.name] {
				f = fmt.Sprintf("onPositive(%s, portableSpecials[Special%s].%s)", f, m.name, part)
			}
			return f
		}
		if m.slope {
			continue
		}
		fmt.Fprintf(&s, "\tSpecial%s: {\n\t\tvalue: %s,\n", m.name, loop(m, true, "value"))
		for _, d := range specials {
			if d.slope && d.name == m.name {
				fmt.Fprintf(&s, "\t\tslope: slopeLoops[float32]{%s, %s},\n", loop(d, false, "slope.add"), loop(d, true, "slope.set"))
			}
		}
		s.WriteString("\t},\n")
	}
	s.WriteString("}\n")
	return s.String()
}

// polyPairs is poly as two polynomials in x², which are computed side by side.
func (t target) polyPairs(x vec, c ...float64) vec {
	z := r2(t, x)
	var parts [2][]float64
	for i, v := range c {
		parts[i%2] = append(parts[i%2], v)
	}
	even, odd := t.poly(z, parts[0]...), t.poly(z, parts[1]...)
	t.addTo(even, odd, x)
	return even
}

// lnNormal returns ln x for a normal number x > 0.
func (t target) lnNormal(x vec) vec {
	m, k := t.splitNormal(x)
	return t.log1p(t.sub(m, t.one()), k)
}

// erfInvTail is the least 1-x² for which erfInv takes the polynomial in its logarithm, beyond -6.
var erfInvTail = math.Exp(-6)

// erfInvParts returns w = 1-x², q = -1 - l/3 for its logarithm l, and what a polynomial of the tail takes, for a rare
// branch.
func (t target) erfInvParts(x vec) (w, q, l vec) {
	one := t.set(t.one())
	w = t.mul(t.sub(one, x), t.add(x, t.one()))
	l = t.lnNormal(w)
	q = t.sub(t.set(t.num(-1)), t.mul(l, t.num(2.0/6)))
	return w, q, l
}

// erfInvFar returns y for the usual numbers, tail times a factor for those near ±1, and end at ±1.
func (t target) erfInvFar(w, l, y vec, tail func(s vec) vec, end func() vec) vec {
	v := t.vec()
	t.unlikely(t.cmp(lt, w, t.num(erfInvTail)), func() {
		s := t.sub(t.sqrt(t.neg(l)), t.num(3.3))
		far := t.blend(t.cmp(lt, w, t.num(erfInvTail)), tail(s), y)
		far = t.blend(t.cmp(eq, w, t.zero()), end(), far)
		t.emit("VMOVAPS", t.blend(t.cmp(lt, w, t.zero()), t.set(t.num(math.NaN())), far), v)
	}, func() { t.emit("VMOVAPS", y, v) })
	return v
}

// erfInv returns the inverse of erf.
func (t target) erfInv(x vec) vec {
	w, q, l := t.erfInvParts(x)
	y := t.mul(x, t.polyPairs(q, 1.6235420064648298, 0.7248912056174343, -0.0516432188178369, -0.022576713454771826, 0.01580001813067452,
		-0.003091684123897499, -0.0012746931653806024, 0.0009898232195393911, -0.00015409999258545045, -0.00011788446653355697,
		6.355190788796652e-05, 3.997532048649947e-06, -7.894507673481735e-06))
	return t.erfInvFar(w, l, y, func(s vec) vec {
		return t.mul(x, t.polyPairs(s, 3.134161532511198, 1.0057691324852036, 0.0048435715431597157, -0.0032931939453572315, 0.0021036279492474776,
			-0.001417566766952625, 0.00083165569334712376, -0.0003511365433832394, 4.7732772639376385e-5, 6.4943139681911074e-5, -3.6900701248053897e-5))
	}, func() vec { return t.or(t.signOf(x), t.num(math.Inf(1))) })
}

// erfInvSlope returns its derivative.
func (t target) erfInvSlope(x vec) vec {
	w, q, l := t.erfInvParts(x)
	half := math.Sqrt(math.Pi) / 2
	r := t.polyPairs(q, half*0.6093609331790916, half*-0.22528425152652928, half*0.10317726661307644, half*-0.042604148433278095,
		half*0.014646995107431974, half*-0.00397942906508767, half*0.0008027361538815531, half*-0.00011439143677337595,
		half*1.899414392403637e-05, half*-8.47442995065685e-06, half*2.380134707983972e-06)
	return t.erfInvFar(w, l, t.div(r, w), func(s vec) vec {
		return t.div(t.polyPairs(s, 0.30483127142903755, -0.089749357472595547, 0.025065020074966598, -0.006507151391583628, 0.0014848919723826141,
			-0.00022981682447839414, -3.3739194074066815e-5, 5.6682647794269512e-5, -3.2354170969217059e-5, 8.8789565545948158e-6), w)
	}, func() vec { return t.set(t.num(math.Inf(1))) })
}

// sincParts returns the distance r of x from the nearest whole number, the sign of (-1)ⁿ for that number, and where it
// is 0.
func (t target) sincParts(x vec) (r, sign vec, near cond) {
	bits := t.add(x, t.num(t.magic()))
	n := t.sub(bits, t.num(t.magic()))
	return t.sub(x, n), t.shl(bits, 63), t.cmp(eq, n, t.zero())
}

// sincMost is a number beyond which those of single precision are whole and even.
const sincMost = 1 << 25

// sinc returns sin(πx)/(πx), as the quotient of r and x times sin(πr)/(πr).
func (t target) sinc(x vec) vec {
	a := t.min(t.set(t.num(sincMost)), t.abs(x))
	r, sign, near := t.sincParts(a)
	one := t.set(t.one())
	q := t.div(t.blend(near, one, r), t.blend(near, one, a))
	s := t.mul(t.mul(q, t.sinTurn(r2(t, r))), t.num(1/math.Pi))
	return t.add(t.xor(s, sign), t.zero()) // a positive zero at whole numbers
}

func (t target) sincSlope(x vec) vec {
	a := t.min(t.set(t.num(sincMost)), t.abs(x))
	r, sign, near := t.sincParts(t.or(a, t.signOf(x)))
	z := r2(t, r)
	one := t.set(t.one())
	inverse := t.div(one, t.blend(near, one, x))
	u := t.sub(t.mul(z, t.num(1/0.12495)), t.one())
	far := t.polyPairs(u, 0.4442148946373833, -0.4974590876442823, 0.055888653332524, -0.0023830740046918717, 5.354036892234405e-05,
		-7.429620761332804e-07, 7.0023689473964744e-09, -4.774917943369012e-11) // cos(πr)
	t.subTo(far, t.mul(t.mul(r, t.sinTurn(z)), inverse), t.num(1/math.Pi))
	far = t.xor(t.mul(far, inverse), sign)
	u = t.sub(t.mul(z, t.num(8)), t.one())
	return t.blend(near, t.mul(x, t.polyPairs(u, -2.9014770181953544, 0.37130828459721305, -0.01669113155187873, 0.000386185351494846,
		-5.4614768913604086e-06, 5.2164326646344936e-08, -3.592643094832467e-10)), far)
}

// sinTurn returns sin(πr)/r for z = r² up to ¼.
func (t target) sinTurn(z vec) vec {
	u := t.sub(t.mul(z, t.num(8)), t.one())
	return t.polyPairs(u, 2.534324262661598, -0.5697036803087363, 0.03645310559709847, -0.0010924319966715932, 1.8956829152338005e-05,
		-2.1448933131210143e-07, 1.707046832686272e-09)
}

// erfcxArgument returns a = |x| and q = (a-4)/(a+4).
func (t target) erfcxArgument(x vec) (a, q vec) {
	a = t.abs(x)
	b := t.min(t.set(t.num(1e30)), a)
	return a, t.div(t.sub(b, t.num(4)), t.add(b, t.num(4)))
}

// erfcxAny returns e^x²·erfc x, as P(q)/(1+2a), and by reflection for x < 0.
func (t target) erfcxAny(x vec) vec {
	a, q := t.erfcxArgument(x)
	return t.erfcxOf(x, a, q)
}

func (t target) erfcxOf(x, a, q vec) vec {
	p := t.polyPairs(q, 1.2329951186255526, -0.13962111671571456, 0.015379652097866325, 0.0680970482454417, -0.10103906580556925,
		0.09373291969276316, -0.06633036913040936, 0.037166976951262753, -0.016197712227840357, 0.005033799256631894, -0.0007578514116024651,
		-0.0002028233117425415, 0.00015078653883168926, -2.034612380602921e-05, -1.1433794171278303e-05, 3.1255594048176344e-06, 4.586549430991918e-07)
	p = t.div(p, t.add(t.add(a, a), t.one()))
	e := t.exp(r2(t, x))
	return t.blend(t.topBit(x), t.sub(t.add(e, e), p), p)
}

// erfcxSlope returns -R(q)/(1+2a)², and 2x·erfcx(x) - 2/√π for x < 0, where nothing cancels.
func (t target) erfcxSlope(x vec) vec {
	a, q := t.erfcxArgument(x)
	r := t.polyPairs(q, 2.623063993696738, -0.3487517309876493, -0.3135469030350857, 0.6688571288677424, -0.6516097264144759, 0.3987243808272999,
		-0.11476791805755278, -0.06307312546878527, 0.11190252763562998, -0.0834845300675267, 0.03871276520870267, -0.009590720516159053,
		-0.0008668837044538932, 0.0016122213271783975, -0.00036829550482259566, -0.00010404049477601393, 4.919092432090401e-05)
	b := t.add(t.add(a, a), t.one())
	r = t.neg(t.div(r, r2(t, b)))
	left := t.sub(t.mul(t.add(x, x), t.erfcxOf(x, a, q)), t.num(2/math.Sqrt(math.Pi)))
	return t.blend(t.topBit(x), left, r)
}

// gammaSteps returns z = x+6 and t = x(x+5), of which the six steps back from z are t(t+4)(t+6). Only infinity is as
// large as most.
func (t target) gammaSteps(x vec) (bounded, z, steps vec) {
	bounded = t.min(t.set(t.num(gammaMost)), x)
	return bounded, t.add(bounded, t.num(6)), t.mul(bounded, t.add(bounded, t.num(5)))
}

const gammaMost = 0x1p128

// gammaTail returns the sum of terms whose signs alternate, c₀·w⁰ - c₁·w¹ + ….
func (t target) gammaTail(w vec, c ...float64) vec {
	for i := 1; i < len(c); i += 2 {
		c[i] = -c[i]
	}
	return t.poly(w, c...)
}

// nearRoot is how near to a root a series about it is taken.
const nearRoot = 1.0 / 256

// lgamma returns ln Γ(x) for x > 0, by Stirling's series.
func (t target) lgamma(x vec) vec {
	b, z, s := t.gammaSteps(x)
	product := t.mul(t.mul(s, t.add(s, t.num(4))), t.add(s, t.num(6)))
	r := t.div(t.set(t.one()), z)
	y := t.mul(r, t.gammaTail(r2(t, r), 1./12, 1./360, 1./1260, 1./1680, 1./1188, 691./360360, 1./156))
	y = t.sub(t.add(y, t.num(0.91893853320467274178)), z)
	t.addTo(y, t.sub(z, t.num(0.5)), t.lnNormal(z))
	y = t.sub(y, t.lnNormal(product))
	y = t.blend(t.cmp(eq, x, t.zero()), t.set(t.num(math.Inf(1))), y)
	v := t.vec()
	near := func(root float64) (d vec, c cond) {
		d = t.sub(b, t.num(root))
		return d, t.cmp(lt, t.abs(d), t.num(nearRoot))
	}
	_, one := near(1)
	_, two := near(2)
	t.unlikely(t.either(one, two), func() {
		const euler, zeta2, zeta3, zeta4 = 0.57721566490153286061, math.Pi * math.Pi / 6, 1.2020569031595942854, 1.0823232337111381915
		d, one := near(1)
		w := t.blend(one, t.mul(d, t.poly(d, -euler, zeta2/2, -zeta3/3, zeta4/4)), y)
		d, two := near(2)
		w = t.blend(two, t.mul(d, t.poly(d, 1-euler, (zeta2-1)/2, -(zeta3-1)/3, (zeta4-1)/4)), w)
		t.emit("VMOVAPS", t.add(w, t.zero()), v) // the roots are +0
	}, func() { t.emit("VMOVAPS", y, v) })
	return v
}

// digamma returns the derivative of ln Γ(x) for x > 0.
func (t target) digamma(x vec) vec {
	b, z, s := t.gammaSteps(x)
	r := t.div(t.set(t.one()), z)
	w := r2(t, r)
	tail := t.mul(w, t.gammaTail(w, 1./12, 1./120, 1./252, 1./240, 1./132, 691./32760, 1./12))
	t.addTo(tail, r, t.num(0.5))
	back := t.mul(t.fma(b, t.num(2), t.set(t.num(5))), t.poly(s, 24, 20, 3))
	back = t.div(back, t.mul(t.mul(s, t.add(s, t.num(4))), t.add(s, t.num(6))))
	y := t.sub(t.sub(t.lnNormal(z), tail), back)
	y = t.blend(t.cmp(eq, x, t.num(math.Inf(1))), x, y)
	v := t.vec()
	const root = 1.4616321449683623
	distance := func() vec { return t.sub(b, t.num(root)) }
	t.unlikely(t.cmp(lt, t.abs(distance()), t.num(nearRoot)), func() {
		d := distance()
		series := t.mul(d, t.poly(d, 0.9676722454476214, -0.44276316898359225, 0.25849976095565125, -0.16394270544240658))
		t.emit("VMOVAPS", t.blend(t.cmp(lt, t.abs(d), t.num(nearRoot)), series, y), v)
	}, func() { t.emit("VMOVAPS", y, v) })
	return v
}
