// The C++ tapes as peers. One of ADOLC, CODIPACK and ADEPT is defined. The programs are those of internal/programs. Those by
// which tapes are compared have one operation a statement, as a tape without expression templates must record them; those
// of ADBench are written as one would.
#include "peer.hpp"

#if defined(ADOLC)

#include <adolc/adolc.h>

using Real = adouble;

struct Tool {
  static std::string versions() { return "ADOL-C"; }
  size_t leaves = 0;
  std::vector<double> at;

  // Buffers so large that nothing goes to a file.
  explicit Tool(size_t operations) : room(operations + operations / 4 + 1000000) {}
  void begin(std::vector<Real>& xs, const std::vector<double>& at) {
    leaves = at.size();
    trace_on(1, 1, 2 * room, 5 * room, room, 2 * room);
    for (size_t i = 0; i < xs.size(); i++) xs[i] <<= at[i];
  }
  void end(Real& y) {
    double v;
    y >>= v;
    trace_off();
  }
  void sweep(std::vector<Real>&, Real&, std::vector<double>& gradient) {
    double one = 1;
    fos_reverse(1, 1, int(leaves), &one, gradient.data());
  }
  static double value(const Real& y) { return y.value(); }

 private:
  unsigned room;
};

#elif defined(CODIPACK)

#include <codi.hpp>

using Real = codi::RealReverse;

struct Tool {
  static std::string versions() {
    return "CoDiPack " + std::to_string(CODI_MAJOR_VERSION) + "." + std::to_string(CODI_MINOR_VERSION) + "." + std::to_string(CODI_BUILD_VERSION) + ", RealReverse";
  }
  explicit Tool(size_t) {}
  void begin(std::vector<Real>& xs, const std::vector<double>& at) {
    auto& tape = Real::getTape();
    tape.reset();
    tape.setActive();
    for (size_t i = 0; i < xs.size(); i++) {
      xs[i] = at[i];
      tape.registerInput(xs[i]);
    }
  }
  void end(Real& y) {
    auto& tape = Real::getTape();
    tape.registerOutput(y);
    tape.setPassive();
  }
  void sweep(std::vector<Real>& xs, Real& y, std::vector<double>& gradient) {
    y.setGradient(1);
    Real::getTape().evaluate();
    for (size_t i = 0; i < xs.size(); i++) gradient[i] = xs[i].getGradient();
  }
  static double value(const Real& y) { return y.getValue(); }
};

#elif defined(ADEPT)

#include <adept.h>

using Real = adept::adouble;

struct Tool {
  static std::string versions() { return "Adept " ADEPT_VERSION_STR; }
  explicit Tool(size_t) {}
  void begin(std::vector<Real>& xs, const std::vector<double>& at) {
    for (size_t i = 0; i < xs.size(); i++) xs[i].set_value(at[i]);
    stack().new_recording();
  }
  void end(Real&) {}
  void sweep(std::vector<Real>& xs, Real& y, std::vector<double>& gradient) {
    y.set_gradient(1.0);
    stack().compute_adjoint();
    for (size_t i = 0; i < xs.size(); i++) gradient[i] = xs[i].get_gradient();
  }
  static double value(const Real& y) { return y.value(); }
  static adept::Stack& stack() {
    static adept::Stack s;
    return s;
  }
};

#endif

namespace {

struct Program {
  size_t operations;
  std::vector<double> at;
  std::function<Real(std::vector<Real>&)> run;
};

Real chain(std::vector<Real>& xs) {
  Real &x = xs[0], &a = xs[1];
  Real y = x;
  for (int i = 0; i < 100000; i++) {
    Real t = y * a;
    y = t + x;
  }
  return y;
}

Real nested(std::vector<Real>& xs) {
  Real x = xs[0];
  Real &a = xs[1], &b = xs[2];
  Real s = 0.0;
  for (int i = 0; i < 1000000; i++) {
    Real t1 = sin(x);
    Real t2 = t1 * a;
    Real t3 = x + 1.5;
    Real t4 = b / t3;
    x = t2 + t4;
    s = s + x;
  }
  return s;
}

Real rosenbrock(std::vector<Real>& xs) {
  Real s = 0.0;
  for (size_t i = 0; i + 1 < xs.size(); i++) {
    Real t1 = xs[i] * xs[i];
    Real t2 = xs[i + 1] - t1;
    Real t3 = t2 * t2;
    Real t4 = 100.0 * t3;
    Real u = 1.0 - xs[i];
    Real u2 = u * u;
    Real v = t4 + u2;
    s = s + v;
  }
  return s;
}

Real product(std::vector<Real>& xs) {
  Real y = xs[0];
  for (size_t i = 1; i < xs.size(); i++) y = y * xs[i];
  return y;
}

struct Draw {
  uint64_t state = 42;
  double operator()() {
    state = (state * 1103515245u + 12345u) % (uint64_t(1) << 31);
    return double(state) / double(uint64_t(1) << 31);
  }
  void fill(std::vector<double>& to, size_t n, double low, double high) {
    for (size_t i = 0; i < n; i++) to.push_back(low + (high - low) * (*this)());
  }
};

struct Network {
  std::vector<double> params;
  std::vector<std::array<double, 3>> samples;

  Network() {
    Draw u;
    for (int i = 0; i < 337; i++) params.push_back(2 * u() - 1);
    for (int i = 0; i < 100; i++) {
      double x0 = 2 * u() - 1, x1 = 2 * u() - 1;
      samples.push_back({x0, x1, x0 * x1 > 0 ? 1.0 : -1.0});
    }
  }
  Real run(std::vector<Real>& p) const {
    const int widths[] = {16, 16, 1};
    Real loss = 0.0;
    Real h[16], next[16];
    for (auto& s : samples) {
      size_t k = 0;
      for (int layer = 0; layer < 3; layer++) {
        int in = layer == 0 ? 2 : 16, out = widths[layer];
        for (int j = 0; j < out; j++) {
          Real acc = p[k + in];
          for (int i = 0; i < in; i++) {
            Real t;
            if (layer == 0) {
              t = p[k + i] * s[i];  // the inputs are constants
            } else {
              t = p[k + i] * h[i];
            }
            acc = acc + t;
          }
          k += in + 1;
          if (out > 1) {
            next[j] = tanh(acc);
          } else {
            next[j] = acc;
          }
        }
        for (int j = 0; j < out; j++) h[j] = next[j];
      }
      Real m = h[0] * -s[2];
      Real hinge = 1.0 + m;
      if (Tool::value(hinge) > 0) loss = loss + hinge;
    }
    Real squares = 0.0;
    for (auto& w : p) {
      Real t = w * w;
      squares = squares + t;
    }
    Real mean = loss * 0.01;
    Real penalty = squares * 1e-4;
    return mean + penalty;
  }
};

Real lnSumExp(const Real* xs, int n) {
  double top = Tool::value(xs[0]);
  for (int i = 1; i < n; i++) top = std::max(top, Tool::value(xs[i]));
  Real sum = exp(xs[0] - top);
  for (int i = 1; i < n; i++) sum += exp(xs[i] - top);
  return top + log(sum);
}

struct Gaussians {
  static const int points = 1000;
  int d, k, factor;
  std::vector<double> x, at;

  Gaussians(int d, int k) : d(d), k(k), factor(d * (d + 1) / 2) {
    Draw u;
    u.fill(x, points * d, -1, 1);
    u.fill(at, k, -1, 1);
    u.fill(at, k * d, -1, 1);
    u.fill(at, k * factor, -0.5, 0.5);
  }
  Real run(std::vector<Real>& p) const {
    Real *alpha = p.data(), *mu = alpha + k, *factors = mu + k * d;
    std::vector<Real> scales(k * d), weights(k), centred(d), terms(k);
    Real prior = 0.0;
    for (int c = 0; c < k; c++) {
      Real* f = factors + c * factor;
      weights[c] = alpha[c];
      for (int i = 0; i < d; i++) {
        weights[c] += f[i];
        scales[c * d + i] = exp(f[i]);
        prior += scales[c * d + i] * scales[c * d + i];
      }
      for (int i = d; i < factor; i++) prior += f[i] * f[i];
    }
    Real total = -0.5 * prior;
    for (int n = 0; n < points; n++) {
      for (int c = 0; c < k; c++) {
        Real *m = mu + c * d, *below = factors + c * factor + d;
        Real square = 0.0;
        for (int i = 0; i < d; i++) {
          centred[i] = m[i] - x[n * d + i];
          Real z = scales[c * d + i] * centred[i];
          for (int j = 0, l = i - 1; j < i; l += d - 2 - j, j++) z += below[l] * centred[j];
          square += z * z;
        }
        terms[c] = weights[c] - 0.5 * square;
      }
      total += lnSumExp(terms.data(), k);
    }
    return total - double(points) * lnSumExp(alpha, k);  // but for a constant
  }
};

struct Memory {
  static const int layers = 2, characters = 1024, bits = 14;
  std::vector<double> text, state, at;

  Memory() {
    Draw u{7};
    for (int i = 0; i < characters * bits; i++) text.push_back(std::floor(2 * u()));
    u.fill(state, layers * 2 * bits, -1, 1);
    u.fill(at, layers * 8 * bits + 3 * bits, -1, 1);
  }
  Real run(std::vector<Real>& p) const {
    const int b = bits;
    Real *first = &p[layers * 8 * b], *last = first + b, *shift = last + b;
    std::vector<Real> s(state.begin(), state.end()), x(b);
    Real total = 0.0;
    for (int t = 0; t + 1 < characters; t++) {
      const double *now = &text[t * b], *next = now + b;
      for (int j = 0; j < b; j++) x[j] = first[j] * now[j];
      for (int l = 0; l < layers; l++) {
        Real *w = &p[l * 8 * b], *bias = w + 4 * b, *h = &s[l * 2 * b], *c = h + b;
        for (int j = 0; j < b; j++) {
          Real forget = 1.0 / (1.0 + exp(-(x[j] * w[j] + bias[j])));
          Real in = 1.0 / (1.0 + exp(-(h[j] * w[b + j] + bias[b + j])));
          Real out = 1.0 / (1.0 + exp(-(x[j] * w[2 * b + j] + bias[2 * b + j])));
          Real change = tanh(h[j] * w[3 * b + j] + bias[3 * b + j]);
          c[j] = c[j] * forget + in * change;
          h[j] = out * tanh(c[j]);
          x[j] = h[j];
        }
      }
      Real sum = 2.0;
      for (int j = 0; j < b; j++) {
        x[j] = x[j] * last[j] + shift[j];
        sum += exp(x[j]);
      }
      Real norm = log(sum);
      for (int j = 0; j < b; j++) {
        if (next[j] == 1) total += x[j] - norm;
      }
    }
    return total * (-1.0 / ((characters - 1) * b));
  }
};

struct Adjustment {
  static const int cameras = 49, points = 7776, observations = 31843;
  std::vector<double> seen, at;

  Adjustment() {
    Draw u{3};
    auto near = [&](std::vector<double>& to, std::initializer_list<double> base, int n) {
      for (int i = 0; i < n; i++) {
        for (double v : base) to.push_back(v * (0.95 + 0.1 * u()));
      }
    };
    near(seen, {0.3, 0.4}, observations);
    near(at, {0.1, -0.2, 0.3, 0.5, -0.4, -2, 1.3, 0.02, -0.03, 0.05, -0.01}, cameras);
    near(at, {0.7, 0.9, 1.5}, points);
    near(at, {0.8}, observations);
  }
  Real run(std::vector<Real>& p) const {
    Real sum = 0.0;
    for (int n = 0; n < observations; n++) {
      Real *camera = &p[n % cameras * 11], *point = &p[11 * cameras + n % points * 3];
      Real& weight = p[11 * cameras + 3 * points + n];
      Real x[3], axis[3], turned[3];
      Real angle = sqrt(camera[0] * camera[0] + camera[1] * camera[1] + camera[2] * camera[2]);
      for (int i = 0; i < 3; i++) {
        x[i] = point[i] - camera[3 + i];
        axis[i] = camera[i] / angle;
      }
      Real s = sin(angle), c = cos(angle);
      Real along = (axis[0] * x[0] + axis[1] * x[1] + axis[2] * x[2]) * (1.0 - c);
      for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        turned[i] = x[i] * c + (axis[j] * x[k] - axis[k] * x[j]) * s + axis[i] * along;
      }
      Real h = turned[0] / turned[2], v = turned[1] / turned[2];
      Real r2 = h * h + v * v;
      Real scale = camera[6] * (camera[9] * r2 + camera[10] * (r2 * r2) + 1.0);
      Real e1 = weight * (h * scale + camera[7] - seen[2 * n]), e2 = weight * (v * scale + camera[8] - seen[2 * n + 1]);
      Real e3 = 1.0 - weight * weight;
      sum += e1 * e1 + e2 * e2 + e3 * e3;
    }
    return sum;
  }
};

// The logarithm of a sum of exponentials.
struct SumOfExponentials {
  std::vector<double> at;

  SumOfExponentials() { Draw{7}.fill(at, 100000, -100, 100); }
  Real run(std::vector<Real>& x) const { return lnSumExp(x.data(), int(x.size())); }
};

// Least squares: a polynomial for the sign of t.
struct LeastSquares {
  static const int points = 4096;
  std::vector<double> at;

  LeastSquares() { Draw{7}.fill(at, 128, 0, 1); }
  Real run(std::vector<Real>& x) const {
    Real sum = 0.0;
    for (int i = 0; i < points; i++) {
      double t = -1 + 2 * i / (points - 1.0);
      Real p = 0.0;
      for (size_t j = x.size(); j-- > 0;) p = p * t + x[j];
      Real e = (t < 0 ? -1.0 : 1.0) - p;
      sum += e * e;
    }
    return 0.5 * sum;
  }
};

// A determinant by expansion into minors.
struct Determinant {
  static const int n = 8;
  std::vector<double> at;

  Determinant() { Draw{7}.fill(at, n * n, 0, 1); }
  Real run(std::vector<Real>& a) const { return minor(a, 0, (1 << n) - 1); }

 private:
  Real minor(std::vector<Real>& a, int j, int rows) const {
    Real sum = 0.0;
    bool minus = false;
    for (int i = 0; i < n; i++) {
      if (!(rows >> i & 1)) continue;
      int rest = rows & ~(1 << i);
      Real term = rest ? Real(a[i * n + j] * minor(a, j + 1, rest)) : a[i * n + j];
      if (minus) {
        sum -= term;
      } else {
        sum += term;
      }
      minus = !minus;
    }
    return sum;
  }
};

// Runge and Kutta's method for a chain of equations.
struct Equations {
  static const int n = 20, steps = 1000;
  std::vector<double> at;

  Equations() { Draw{7}.fill(at, n, 0.5, 1.5); }
  Real run(std::vector<Real>& x) const {
    const double h = 2.0 / steps;
    std::vector<Real> y(n, Real(0.0)), z(n), k[4] = {z, z, z, z};
    auto slope = [&](std::vector<Real>& to, std::vector<Real>& y) {
      to[0] = x[0];
      for (int i = 1; i < n; i++) to[i] = x[i] * y[i - 1];
    };
    for (int s = 0; s < steps; s++) {
      slope(k[0], y);
      for (int j = 0; j < 3; j++) {
        double c = j < 2 ? h / 2 : h;
        for (int i = 0; i < n; i++) z[i] = y[i] + c * k[j][i];
        slope(k[j + 1], z);
      }
      for (int i = 0; i < n; i++) y[i] += h / 6 * (k[0][i] + k[3][i] + 2.0 * (k[1][i] + k[2][i]));
    }
    return y[n - 1];
  }
};

template <class T, class... A>
Program adbench(size_t operations, A... args) {
  auto p = std::make_shared<T>(args...);
  return {operations, p->at, [=](std::vector<Real>& xs) { return p->run(xs); }};
}

Program program(const std::string& name) {
  std::vector<double> at;
  if (name == "chain") return {200000, {0.3, 0.99999}, chain};
  if (name == "nested") return {6000000, {0.3, 0.8, 0.5}, nested};
  if (name == "rosenbrock") {
    for (long i = 0; i < 100000; i++) at.push_back(0.5 + 0.001 * double(i * 7919 % 1000));
    return {799992, at, rosenbrock};
  }
  if (name == "product") {
    for (long i = 0; i < 100000; i++) at.push_back(double(i + 1) / double(i + 2));
    return {99999, at, product};
  }
  if (name == "network") {
    static const Network n;
    return {65077, n.params, [](std::vector<Real>& p) { return n.run(p); }};
  }
  if (name == "gmm-2-5") return adbench<Gaussians>(77074, 2, 5);
  if (name == "gmm-10-25") return adbench<Gaussians>(3380354, 10, 25);
  if (name == "lstm-2-1024") return adbench<Memory>(860345);
  if (name == "ba-49") return adbench<Adjustment>(2356382);
  if (name == "lse") return adbench<SumOfExponentials>(300000);
  if (name == "llsq") return adbench<LeastSquares>(1100000);
  if (name == "det") return adbench<Determinant>(220000);
  if (name == "ode") return adbench<Equations>(400000);
  throw std::string("unknown program");
}

}  // namespace

int main() {
#if defined(ADEPT)
  Tool::stack();  // before the first active number
#endif
  serve(Tool::versions(), [](std::istream& words) {
    std::string kind, what, name;
    words >> kind >> what >> name;
    if (kind != "scalar" || (what != "record" && what != "gradient")) throw std::string("unknown job");
    auto p = std::make_shared<Program>(program(name));
    auto tool = std::make_shared<Tool>(p->operations);
    auto xs = std::make_shared<std::vector<Real>>(p->at.size());
    auto gradient = std::make_shared<std::vector<double>>(p->at.size());
    bool sweep = what == "gradient";
    Job job;
    job.run = [=] {
      tool->begin(*xs, p->at);
      Real y = p->run(*xs);
      tool->end(y);
      if (sweep) tool->sweep(*xs, y, *gradient);
    };
    job.run();
    if (sweep) {
      job.check = 0;
      for (size_t i = 0; i < gradient->size(); i++) job.check += (*gradient)[i];
    }
    return job;
  });
}
