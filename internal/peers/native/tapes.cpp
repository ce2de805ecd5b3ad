// The C++ tapes as peers. One of ADOLC, CODIPACK and ADEPT is defined. The programs are those of internal/programs, one
// operation a statement, as a tape without expression templates must record them.
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
