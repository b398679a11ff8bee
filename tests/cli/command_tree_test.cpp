#include "cli/command_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "cli/completion.hpp"
#include "cli/man_page.hpp"

namespace mer::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// merctl [--store DIR] [--format table|json] {results SWEEP [--select last|best-test], alloc {add, list}, run FILE}
const CommandSpec& program() {
  static const CommandSpec tree{
      .name = "merctl",
      .help = "studies",
      .footer = "Exit codes: 0 done",
      .options = {{.names = {"--store"}, .value = "DIR", .help = "Store folder"},
                  {.names = {"--format"}, .value = "FORMAT", .choices = {"table", "json"}, .help = "Of output"}},
      .commands = {
          {.name = "results",
           .help = "Means and spreads",
           .footer = "Example:\n  merctl results quickstart",
           .options = {{.names = {"--select"}, .value = "RULE", .choices = {"last", "best-test"}, .help = "Epoch"},
                       {.names = {"-w", "--watch"}, .help = "Again"}},
           .positionals = {{.names = {"SWEEP"}, .help = "Name or number", .required = true}}},
          {.name = "alloc",
           .help = "Jobs",
           .commands = {{.name = "add", .help = "Add one"}, {.name = "list", .help = "List them"}}},
          {.name = "run",
           .help = "Run",
           .positionals = {{.names = {"SWEEP.json"}, .help = "Sweep file", .required = true}}}}};
  return tree;
}

using Words = std::vector<std::string>;

Words completed(const Words& words) {
  Words found;
  for (const Candidate& candidate : complete_words(program(), words).candidates) found.push_back(candidate.word);
  return found;
}

TEST(CommandTree, WordsLeadToACommandWhateverOptionsStandBetween) {
  const CommandPath path = follow_words(program(), Words{"--store", "results", "alloc", "--format=json", "add"});

  EXPECT_EQ(path.commands.size(), 3U);
  EXPECT_EQ(path.last().name, "add");
  EXPECT_EQ(path.open, nullptr);
  EXPECT_EQ(path.stray, "");
}

TEST(CommandTree, AnUnknownWordIsAdvisedAbout) {
  EXPECT_EQ(advice_on(program(), Words{"result"}),
            "merctl: there is no command \"result\" (did you mean \"results\"?)");
  EXPECT_EQ(advice_on(program(), Words{"results", "1", "--slect", "last"}),
            "merctl results: there is no option \"--slect\" (did you mean \"--select\"?)");
  EXPECT_EQ(advice_on(program(), Words{"alloc", "ad"}),
            "merctl alloc: there is no command \"ad\" (did you mean \"add\"?)");
  EXPECT_EQ(advice_on(program(), Words{"xyz"}), "merctl: there is no command \"xyz\"");
  EXPECT_EQ(advice_on(program(), Words{"alloc", "add", "--stor=x"}),
            "merctl alloc add: there is no option \"--stor\" (did you mean \"--store\"?)");
}

TEST(CommandTree, WhatIsKnownNeedsNoAdvice) {
  EXPECT_EQ(advice_on(program(), Words{}), "");
  EXPECT_EQ(advice_on(program(), Words{"results", "quickstart", "--select", "sideways"}), "");
}

TEST(Completion, CommandsByTheirBeginning) {
  EXPECT_THAT(completed({""}), ElementsAre("results", "alloc", "run"));
  EXPECT_THAT(completed({"r"}), ElementsAre("results", "run"));
  EXPECT_THAT(completed({"alloc", ""}), ElementsAre("add", "list"));
  EXPECT_THAT(complete_words(program(), Words{"al"}).candidates, ElementsAre(Candidate{"alloc", "Jobs"}));
}

TEST(Completion, OptionsOfTheCommandAndOfTheProgram) {
  EXPECT_THAT(completed({"results", "--"}), ElementsAre("--select", "--watch", "--store", "--format"));
  EXPECT_THAT(completed({"alloc", "add", "--s"}), ElementsAre("--store"));
}

TEST(Completion, ValuesOfAnOption) {
  EXPECT_THAT(completed({"results", "--select", ""}), ElementsAre("last", "best-test"));
  EXPECT_THAT(completed({"results", "--select", "b"}), ElementsAre("best-test"));
  EXPECT_THAT(completed({"--store", ""}), IsEmpty()) << "a folder: the shell knows those";
}

TEST(Completion, SweepsWhereASweepStands) {
  EXPECT_TRUE(complete_words(program(), Words{"results", ""}).sweeps);
  EXPECT_FALSE(complete_words(program(), Words{"run", ""}).sweeps) << "a file";
  EXPECT_FALSE(complete_words(program(), Words{"results", "--sel"}).sweeps);
  EXPECT_FALSE(complete_words(program(), Words{"results", "--select", ""}).sweeps);
}

TEST(Completion, NoWordsAndUnknownOnesHaveNone) {
  EXPECT_THAT(completed({}), IsEmpty());
  EXPECT_THAT(completed({"nothing", "el"}), IsEmpty());
}

TEST(Completion, ScriptsOfThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    ASSERT_NE(completion_script(shell), nullptr);
    EXPECT_THAT(completion_script(shell), HasSubstr(std::string("merctl ") + kCompleteCommand));
  }
  EXPECT_EQ(completion_script("tcsh"), nullptr);
}

TEST(ManPage, HasEveryCommandAndOption) {
  const std::string page = man_page(program(), "1.2");

  EXPECT_THAT(page, testing::StartsWith(".TH MERCTL 1 \"\" \"1.2\" \"mer\"\n.SH NAME\nmerctl \\- studies\n"));
  EXPECT_THAT(page, HasSubstr(".SS \\fBmerctl results\\fR [\\fIoptions\\fR] \\fISWEEP\\fR\nMeans and spreads.\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-w\\fR, \\fB\\-\\-watch\\fR\nAgain.\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-select\\fR \\fIRULE\\fR\nEpoch. One of last, best\\-test.\n"));
  EXPECT_THAT(page, HasSubstr(".SS \\fBmerctl alloc add\\fR\nAdd one.\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n.PP\n.nf\nExit codes: 0 done\n.fi\n"));
}

TEST(ManPage, TextIsNoRequestOfRoff) {
  CommandSpec odd{.name = "merctl", .help = "a", .commands = {{.name = "x", .help = ".so \\n'"}}};
  EXPECT_THAT(man_page(odd, "1"), HasSubstr("\n\\&.so \\en'.\n"));
  EXPECT_THAT(man_page(odd, "1"), Not(HasSubstr("\n.so")));
}

}  // namespace
}  // namespace mer::cli
