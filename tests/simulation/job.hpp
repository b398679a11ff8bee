// World::Job: one MPI job of a coordinator in a simulated world; private to world.cpp, groups.cpp, asks.cpp and
// faults.cpp.
//
// Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/lines.hpp"
#include "tests/simulation/watched_transport.hpp"
#include "tests/simulation/world.hpp"
#include "transport/linked_transport.hpp"

namespace mer::simulation {

struct World::Job {
  int number = 0;
  double calm = 1;     // share of the plan's faults
  SweepId named;       // that it is started for
  bool alone = false;  // without workers of its own
  std::string name;
  std::unique_ptr<Network> network;
  std::vector<std::unique_ptr<SimWorker>> workers;  // of rank 1 and so on

  std::unique_ptr<SimTransport> ranks;  // of rank 0
  std::shared_ptr<Lines> lines;         // from its coordinator to groups of other jobs
  std::unique_ptr<transport::FramePort> port;
  std::unique_ptr<transport::LinkedTransport> linked;  // while groups may come in
  std::unique_ptr<WatchedTransport> transport;
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
