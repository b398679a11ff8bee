#include "cli/prepare.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

#include "core/sweep_file.hpp"
#include "core/version.hpp"
#include "data/file_io.hpp"
#include "data/recordings.hpp"
#include "data/synthetic_corpus.hpp"

namespace mer::cli {
namespace {

Result<data::Corpus> open_corpus(const CorpusSource& source) {
  if (!source.synthetic.empty()) return data::make_synthetic(source.synthetic, source.seed);
  MER_ASSIGN(data::Corpus corpus, data::load_corpus(source.path));
  MER_ASSIGN(corpus.seconds, data::recorded_seconds(source.path));
  return corpus;
}

Result<orchestrator::Corpora> open_corpora(const Sweep& sweep) {
  orchestrator::Corpora corpora;
  for (const Configuration& configuration : sweep.configurations) {
    if (corpora.contains(configuration.corpus)) continue;
    auto corpus = open_corpus(configuration.corpus);
    if (!corpus) {
      const bool absent = corpus.error().code == ErrorCode::not_found;
      return Error{corpus.error().code, "/corpus: " + corpus.error().message +
                                            (absent ? "; expected a corpus folder (docs/corpus.md)" : "")};
    }
    corpora.emplace(configuration.corpus, std::move(corpus).value());
  }
  return corpora;
}

Result<Prepared> prepare(const Sweep& sweep) {
  MER_ASSIGN(orchestrator::Corpora corpora, open_corpora(sweep));
  auto kept = std::make_unique<const orchestrator::Corpora>(std::move(corpora));
  MER_ASSIGN(orchestrator::SweepPlan plan, orchestrator::plan_sweep(sweep, *kept, code_version()));
  return Prepared{std::move(kept), std::move(plan)};
}

}  // namespace

Result<Prepared> prepare(const SweepFileOptions& options) {
  MER_ASSIGN(const Sweep sweep, load_sweep(options.file, options.overrides));
  Result<Prepared> prepared = prepare(sweep);
  if (prepared) return prepared;
  return Error{prepared.error().code, options.file + ": " + prepared.error().message};
}

void remove_leftovers(const storage::StoreDir& store) {
  for (const char* folder : {"folds", "corpora", "submissions"}) {
    data::remove_unfinished((store.path() / folder).string());
  }
}

Status materialise(Prepared& prepared, const storage::StoreDir& store) {
  for (const auto& [source, corpus] : *prepared.corpora) {
    if (source.synthetic.empty()) continue;
    const std::filesystem::path folder = store.path() / "corpora" / corpus.id.hex;
    if (!std::filesystem::exists(folder / "corpus.json")) MER_TRY(data::write_corpus(corpus, folder.string()));
    for (storage::CorpusRecord& record : prepared.plan.submission.corpora) {
      if (record.id == corpus.id) record.path = folder.string();
    }
  }
  for (const orchestrator::PlannedFold& planned : prepared.plan.folds) {
    const std::filesystem::path file = store.path() / storage::StoreDir::fold_file(planned.fold.id);
    if (std::filesystem::exists(file)) continue;
    const std::string text = data::fold_to_json(planned.fold, *planned.corpus);
    const std::string_view chunk = text;
    MER_TRY(data::write_file(file, {&chunk, 1}));
  }
  return {};
}

}  // namespace mer::cli
