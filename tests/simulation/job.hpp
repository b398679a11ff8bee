// World::Job: one MPI job of a simulated world; private to world.cpp, asks.cpp and faults.cpp.
//
// Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace mer::simulation {

struct World::Job {
  int number = 0;
  double calm = 1;  // share of the plan's faults
  SweepId named;    // that it is started for
  std::string name;
  std::unique_ptr<Network> network;
  std::vector<std::unique_ptr<SimWorker>> workers;  // of rank 1 and so on

  std::unique_ptr<SimTransport> transport;  // of rank 0
  std::unique_ptr<SimWriter> writer;
  std::unique_ptr<storage::ResultReader> reader;
  std::unique_ptr<orchestrator::Coordinator> coordinator;
  bool coordinator_lives = true;  // also before it has begun
  bool killed_while_sending = false;
  Time next_step{-1}, stalled_until{}, offset{};  // offset: of its clock
  Time killed_at{};                               // where jobs have a limit
  double ends_at = 0;                             // the same as the coordinator is told it: calendar

  std::deque<Ask> asks;  // of people, who wait for an answer
  bool aborted = false, ended = false;
};

}  // namespace mer::simulation
