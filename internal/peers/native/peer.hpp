// The line protocol that every peer speaks, and the numbers that all of them start from. See doc.go of the module.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

// noise returns number i of stream seed, between -0.5 and 0.5: the same in every language.
inline double noise(uint32_t i, uint32_t seed) {
  uint32_t x = i * 0x9E3779B1u + seed * 0x85EBCA77u;
  x ^= x >> 15;
  x *= 0x2C1B3C6Du;
  x ^= x >> 12;
  x *= 0x297A2D39u;
  x ^= x >> 15;
  return x / 4294967296.0 - 0.5;
}

// A Job repeats one piece of work; check is a number by which its result is compared with that of others.
struct Job {
  std::function<void()> run;
  double check = NAN;
  double part = 1;  // of what is asked for, that one repetition does
  int batch = 0;  // repetitions between two looks at the clock, 0 before they were counted
};

inline double seconds(const std::function<void()>& f, int n) {
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < n; i++) f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// measure runs the job for about the given time and answers with the median and the minimum of one repetition.
inline std::string measure(Job& job, double budget) {
  const double shortest = 50e-6;  // a batch takes at least this long: the clock's own cost is lost in it
  seconds(job.run, 1);
  if (job.batch == 0) {
    job.batch = 1;
    while (seconds(job.run, job.batch) < shortest && job.batch < (1 << 24)) job.batch *= 2;
  }
  std::vector<double> times;
  for (double spent = 0; times.empty() || spent < budget;) {
    double t = seconds(job.run, job.batch);
    spent += t;
    times.push_back(t / job.batch);
  }
  std::sort(times.begin(), times.end());
  char line[160];
  snprintf(line, sizeof line, "ok %.9g %.9g %zu %.17g", times[times.size() / 2] / job.part, times[0] / job.part, times.size() * job.batch, job.check);
  return line;
}

// serve answers requests "<seconds> <words of the job>" until the input ends. make returns the job of some words, and
// throws a std::string if there is none.
inline void serve(const std::string& versions, const std::function<Job(std::istream&)>& make) {
  std::cout << "peer " << versions << std::endl;
  std::map<std::string, Job> jobs;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    double budget;
    words >> budget >> std::ws;
    std::string key;
    std::getline(words, key);
    try {
      auto it = jobs.find(key);
      if (it == jobs.end()) {
        std::istringstream rest(key);
        it = jobs.emplace(key, make(rest)).first;
      }
      std::cout << measure(it->second, budget) << std::endl;
    } catch (const std::string& reason) {
      std::cout << "no " << reason << std::endl;
    }
  }
}
