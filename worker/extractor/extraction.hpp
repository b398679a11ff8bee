// The features of a corpus's utterances, computed and written: one modality, from the inputs to corpus.json.
//
// Rows are computed by several threads and written as they come; a run that is stopped, or killed at any moment, is
// taken up by the next one with the same key (PartialMatrix). The feature file is complete or absent. What is in memory
// does not grow with the number of utterances, but for the table of them and a few hundred bytes for each.
// Threads: one caller at a time on a folder (data::FeatureLock). Errors: invalid: features that are somebody else's, or
// made in another way, stand there; those of the files.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/feature_record.hpp"
#include "data/recordings.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {

struct Request {
  std::string folder;    // of the corpus
  std::string modality;  // "audio", "text"
  Method::Input input = Method::Input::audio;
  std::string method;  // the name of the one that is given to extract()
  int jobs = 1;
  bool replace = false;
};

struct Progress {
  std::size_t done = 0, running = 0, failed = 0, total = 0;
  double seconds_left = -1;  // below 0: not known
};

// What somebody who waits wants to know. Called by one thread.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void say(const std::string& line) = 0;
  virtual void show(const Progress& progress) = 0;
  virtual bool stop() = 0;  // true: end soon, and keep what there is
};

struct Failure {
  std::string utterance, reason;  // the reason names the file
};

struct Outcome {
  enum class End { written, already_there, some_failed, stopped };
  End end = End::written;
  int dim = 0;
  std::size_t utterances = 0;
  std::size_t computed = 0;            // by this run; the others are of a run before it
  std::size_t zeros = 0;               // rows that hold nothing but zeros: transcripts without words
  std::vector<Failure> failures = {};  // in the order of the table
  data::Provenance made = {};          // written, already_there
};

Result<Outcome> extract(const Request& request, const Method& method, const data::Recordings& recordings,
                        Listener& listener);

}  // namespace mer::extractor
