// Annotation: what people write on a sweep or a trial: a note of several lines, and tags, words to find it by.
//
// A trial's belongs to its id without the number of a superseded one, so that it outlives retries and submissions.
// Threads: plain values and pure functions. Errors: invalid, which says what is allowed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::storage {

constexpr std::size_t kLongestNote = 2000;  // bytes: percent-encoded it fits the address of a request
constexpr std::size_t kLongestTag = 32;     // bytes
constexpr std::size_t kMostTags = 16;       // of one sweep or trial

struct Annotation {
  std::string note;               // lines end in "\n"; no other control character
  std::vector<std::string> tags;  // sorted, each once
  bool operator==(const Annotation&) const = default;
};

bool is_empty(const Annotation& annotation);
bool has_tag(const Annotation& annotation, const std::string& tag);

Status check_note(const std::string& note);
// Each begins with a letter or digit, and goes on with these and - _ . : / = +
Status check_tags(const std::vector<std::string>& tags);

// Words with blanks, tabs or commas between them.
std::vector<std::string> words_of(const std::string& text);
// The same words with a blank between them.
std::string line_of(const std::vector<std::string>& tags);

// Error invalid: more than kMostTags.
Result<Annotation> with_tags(Annotation annotation, const std::vector<std::string>& tags);
Annotation without_tags(Annotation annotation, const std::vector<std::string>& tags);

}  // namespace mer::storage
