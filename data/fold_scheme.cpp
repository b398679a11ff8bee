// plan_folds: which rows are tested in each fold, what validates it, and the checks. Readings: docs/folds.md.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

#include "core/philox.hpp"
#include "core/quoting.hpp"
#include "data/fold_parts.hpp"
#include "data/natural_order.hpp"

namespace mer::data {
namespace {

using RowsByKey = std::map<std::string, Rows, NaturalLess>;

RowsByKey rows_by_speaker(const Corpus& corpus) {
  RowsByKey rows;
  for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
    rows[corpus.utterances[row].speaker].push_back(std::uint32_t(row));
  }
  return rows;
}

RowsByKey rows_by_session(const Corpus& corpus) {
  RowsByKey rows;
  for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
    rows[corpus.utterances[row].session].push_back(std::uint32_t(row));
  }
  return rows;
}

std::vector<std::string> keys_of(const RowsByKey& rows) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : rows) keys.push_back(key);
  return keys;
}

// --- schemes: the test part and the rest ---

FoldParts tested(const Corpus& corpus, std::string name, Rows test) {
  Rows train = rest_of(corpus, test);
  return {.name = std::move(name), .train = std::move(train), .validation = {}, .test = std::move(test)};
}

Result<std::vector<FoldParts>> session_holdout(const Corpus& corpus, const std::string& wanted) {
  const RowsByKey sessions = rows_by_session(corpus);
  const auto found = wanted.empty() ? std::prev(sessions.end()) : sessions.find(wanted);
  if (found == sessions.end()) {
    return invalid("/folds/test: no session " + quote(wanted) + ", the corpus has " + quote_list(keys_of(sessions)));
  }
  return std::vector{tested(corpus, "session-" + found->first, found->second)};
}

std::vector<FoldParts> each_of(const Corpus& corpus, const std::string& prefix, const RowsByKey& groups) {
  std::vector<FoldParts> folds;
  for (const auto& [key, rows] : groups) folds.push_back(tested(corpus, prefix + key, rows));
  return folds;
}

// Speakers i and i + 1, cyclic: one fold a speaker, so each speaker is tested twice.
Result<std::vector<FoldParts>> speaker_pairs(const Corpus& corpus) {
  const RowsByKey speakers = rows_by_speaker(corpus);
  if (speakers.size() < 3) {
    return invalid("/folds/scheme: \"speaker-pairs\" needs 3 speakers or more, the corpus has " +
                   std::to_string(speakers.size()));
  }
  std::vector<FoldParts> folds;
  for (auto first = speakers.begin(); first != speakers.end(); ++first) {
    const auto second = std::next(first) == speakers.end() ? speakers.begin() : std::next(first);
    Rows test = first->second;
    test.insert(test.end(), second->second.begin(), second->second.end());
    folds.push_back(tested(corpus, "pair-" + first->first + "-" + second->first, std::move(test)));
  }
  return folds;
}

Result<std::vector<FoldParts>> folds_of_scheme(const Corpus& corpus, const FoldSettings& settings) {
  switch (settings.scheme) {
    case FoldSchemeKind::session_holdout: return session_holdout(corpus, settings.test);
    case FoldSchemeKind::session: return each_of(corpus, "session-", rows_by_session(corpus));
    case FoldSchemeKind::speaker: return each_of(corpus, "speaker-", rows_by_speaker(corpus));
    case FoldSchemeKind::speaker_pairs: return speaker_pairs(corpus);
    case FoldSchemeKind::explicit_file: return read_fold_file(corpus, settings.file);
  }
  return invalid("/folds/scheme: unknown");
}

// --- validation: rows taken out of train ---

Error validation_error(const FoldParts& fold, const std::string& problem) {
  return invalid("/folds/validation: fold " + quote(fold.name) + ": " + problem);
}

// The other speakers of the tested speakers' sessions; each of these sessions must have two speakers.
Result<Rows> partners(const Corpus& corpus, const FoldParts& fold) {
  std::set<std::string> tested_speakers, sessions;
  for (const std::uint32_t row : fold.test) {
    tested_speakers.insert(corpus.utterances[row].speaker);
    sessions.insert(corpus.utterances[row].session);
  }
  std::map<std::string, std::set<std::string>> speakers_of;
  Rows rows;
  for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
    const Utterance& utterance = corpus.utterances[row];
    if (!sessions.contains(utterance.session)) continue;
    speakers_of[utterance.session].insert(utterance.speaker);
    if (!tested_speakers.contains(utterance.speaker)) rows.push_back(std::uint32_t(row));
  }
  for (const auto& [session, speakers] : speakers_of) {
    const std::size_t untested =
        std::size_t(std::ranges::count_if(speakers, [&](const auto& s) { return !tested_speakers.contains(s); }));
    if (speakers.size() != 2 || untested != 1) {
      return validation_error(fold, "\"partner\" needs sessions of two speakers, one of them tested; session " +
                                        quote(session) + " has " + std::to_string(speakers.size()) + " speakers, " +
                                        std::to_string(speakers.size() - untested) + " tested");
    }
  }
  return rows;
}

// The first session after the last tested one, going round, that holds no tested utterance.
Result<Rows> next_session(const Corpus& corpus, const FoldParts& fold) {
  const RowsByKey sessions = rows_by_session(corpus);
  std::set<std::string, NaturalLess> tested_sessions;
  for (const std::uint32_t row : fold.test) tested_sessions.insert(corpus.utterances[row].session);
  auto at = sessions.find(*tested_sessions.rbegin());
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    at = std::next(at) == sessions.end() ? sessions.begin() : std::next(at);
    if (!tested_sessions.contains(at->first)) return at->second;
  }
  return validation_error(fold, "\"next-session\" needs a session that is not tested, all are");
}

// A share of the training dialogues, drawn by a random number for each (dialogue of the corpus, fold).
Result<Rows> drawn_dialogues(const Corpus& corpus, const FoldSettings& settings, std::uint32_t fold_number,
                             const FoldParts& fold) {
  if (!(settings.validation_fraction > 0 && settings.validation_fraction < 1)) {
    return invalid("/folds/validation/dialogues: found " + std::to_string(settings.validation_fraction) +
                   ", expected a share above 0 and below 1");
  }
  std::vector<bool> in_train(corpus.utterances.size());
  for (const std::uint32_t row : fold.train) in_train[row] = true;
  const auto key = philox_key(settings.seed, RandomPurpose::validation_split);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> draws;  // random number, dialogue
  for (std::uint32_t i = 0; i < corpus.dialogues.size(); ++i) {
    if (std::ranges::none_of(corpus.dialogues[i].rows, [&](std::uint32_t row) { return in_train[row]; })) continue;
    const PhiloxBlock block = philox4x32({i, fold_number, 0, 0}, key);
    draws.emplace_back((std::uint64_t{block[0]} << 32) | block[1], i);
  }
  if (draws.size() < 2) return validation_error(fold, "\"dialogues\" needs two training dialogues or more");
  std::ranges::sort(draws);
  const auto wanted = std::size_t(std::floor(settings.validation_fraction * double(draws.size()) + 0.5));
  draws.resize(std::clamp<std::size_t>(wanted, 1, draws.size() - 1));
  Rows rows;
  for (const auto& [number, dialogue] : draws) {
    std::ranges::copy_if(corpus.dialogues[dialogue].rows, std::back_inserter(rows),
                         [&](std::uint32_t row) { return in_train[row]; });
  }
  return rows;
}

Status take_validation(const Corpus& corpus, const FoldSettings& settings, std::uint32_t fold_number, FoldParts& fold) {
  if (settings.validation == ValidationKind::none) return {};
  if (!fold.validation.empty()) return validation_error(fold, "the fold file lists a validation part already");
  switch (settings.validation) {
    case ValidationKind::none: break;
    case ValidationKind::partner: {
      MER_ASSIGN(fold.validation, partners(corpus, fold));
      break;
    }
    case ValidationKind::next_session: {
      MER_ASSIGN(fold.validation, next_session(corpus, fold));
      break;
    }
    case ValidationKind::dialogues: {
      MER_ASSIGN(fold.validation, drawn_dialogues(corpus, settings, fold_number, fold));
      fold.may_share_speakers = true;
      break;
    }
  }
  remove_rows(corpus, fold.train, fold.validation);
  return {};
}

// --- warnings ---

void warn_of_missing_classes(const Corpus& corpus, const Fold& fold, std::vector<std::string>& warnings) {
  const std::pair<const char*, const Rows*> parts[] = {
      {"train", &fold.train}, {"validation", &fold.validation}, {"test", &fold.test}};
  for (const auto& [part, rows] : parts) {
    if (rows->empty()) continue;  // only validation can be
    std::vector<bool> present(corpus.labels.size());
    for (const std::uint32_t row : labelled(corpus, *rows)) present[std::size_t(corpus.utterances[row].label)] = true;
    for (std::size_t label = 0; label < present.size(); ++label) {
      if (present[label]) continue;
      warnings.push_back("fold " + quote(fold.name) + ": no utterance of class " + quote(corpus.labels[label]) +
                         " in the " + part + " part");
    }
  }
}

void warn_of_overlapping_tests(const std::vector<Fold>& folds, std::vector<std::string>& warnings) {
  std::unordered_set<std::uint32_t> tested_rows;
  for (const Fold& fold : folds) {
    for (const std::uint32_t row : fold.test) {
      if (tested_rows.insert(row).second) continue;
      warnings.push_back(
          "test parts overlap: an utterance is tested in more than one fold, so pooled matrices count "
          "it more than once and tests over utterances are refused");
      return;
    }
  }
}

void warn_of_shared_speech(const std::vector<Fold>& folds, const FoldSettings& settings,
                           std::vector<std::string>& warnings) {
  if (std::ranges::none_of(folds, &Fold::shares_dialogues)) return;
  if (settings.context == FoldContext::full) {
    warnings.push_back(
        "context \"full\": dialogues are not cut, so the context of a test utterance holds speech of "
        "other parts");
  }
  if (settings.validation == ValidationKind::partner) {
    warnings.push_back("validation \"partner\": the validation part shares dialogues with the test part");
  }
}

}  // namespace

Result<FoldPlan> plan_folds(const Corpus& corpus, const FoldSettings& settings) {
  if (corpus.utterances.empty()) return invalid("corpus " + quote(corpus.name) + " has no utterances");
  MER_ASSIGN(std::vector<FoldParts> all, folds_of_scheme(corpus, settings));
  FoldPlan plan;
  for (FoldParts& parts : all) {
    MER_TRY(take_validation(corpus, settings, std::uint32_t(plan.folds.size()), parts));
    MER_ASSIGN(Fold fold, checked_fold(corpus, std::move(parts), settings.context));
    warn_of_missing_classes(corpus, fold, plan.warnings);
    plan.folds.push_back(std::move(fold));
  }
  warn_of_overlapping_tests(plan.folds, plan.warnings);
  warn_of_shared_speech(plan.folds, settings, plan.warnings);
  return plan;
}

}  // namespace mer::data
