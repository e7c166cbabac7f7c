import ArgumentParser
import Foundation
import Reports
import TestSupport
import Testing

@testable import LetheCommand

@Suite struct HelpTests {
  private static func commands(
    _ path: [String] = ["lethe"], _ type: any ParsableCommand.Type = Lethe.self
  ) -> [(path: [String], type: any ParsableCommand.Type)] {
    [(path, type)] + type.configuration.subcommands.flatMap { commands(path + [$0._commandName], $0) }
  }

  @Test(arguments: [60, 80, 100]) func noLineIsWiderThanTheTerminal(width: Int) {
    for (path, type) in Self.commands() {
      for showsAll in [false, true] {
        let text = HelpPage(path: path, command: type, showsAll: showsAll).text(width: width)
        for line in text.components(separatedBy: "\n") where displayWidth(line) > width {
          // A word that is longer than a line, and lines of Python or of a shell that are to be pasted.
          let isWord = !line.trimmingCharacters(in: .whitespaces).contains(" ")
          let isPasted = type.configuration.discussion.contains(line) && line.hasPrefix("  ")
          #expect(isWord || isPasted, "\(path) at \(width): \(line)")
        }
      }
    }
  }

  @Test func examplesFitSixtyColumnsAndStayAsTheyAre() {
    var exampleCount = 0
    for (path, type) in Self.commands() {
      let page = HelpPage(path: path, command: type, showsAll: false).text(width: 60).components(separatedBy: "\n")
      var isExample = false
      for line in type.configuration.discussion.components(separatedBy: "\n") {
        let goesOn = isExample && line.hasPrefix("    ")
        guard line.hasPrefix("  lethe ") || goesOn else {
          isExample = false
          continue
        }
        isExample = true
        exampleCount += 1
        #expect(displayWidth(line) <= 64, "\(path): \(line)")
        #expect(page.contains(line), "\(path): \(line)")
      }
    }
    #expect(exampleCount > 20)
  }

  @Test func aCommandThatTrainsShowsItsCommonOptionsUnderTitles() throws {
    let short = try Command(["help", "finetune"], environment: ["COLUMNS": "80"])
    let lines = short.output.components(separatedBy: "\n")
    #expect(short.status == 0 && lines.count < 90, "\(lines.count) lines")
    for title in ["Arguments", "Tasks and data", "How long", "The step", "What holds back", "Running"] {
      #expect(lines.contains(title), "\(title)")
    }
    #expect(short.output.contains("--lr <") && !short.output.contains("--nesterov"))
    let more = try #require(short.output.firstMatch(of: #/--help-all shows ([0-9]+) more options/#)?.output.1)
    let all = try Command("finetune", "--help-all").output
    func count(_ text: String) -> Int { text.matches(of: #/(?m)^  (-[a-z], )?--[a-z]/#).count }
    #expect(count(all) == count(short.output) + (Int(more) ?? 0))
    #expect(all.contains("--nesterov") && all.contains("β/2 · ‖w‖²"))
    #expect(try Command("help", "finetune", "--help-all").output == all)
    #expect(try Command("finetune", "--help").output == Command("help", "finetune").output)
  }

  @Test func everyOptionStandsInOneSectionAndHiddenOnesInNone() {
    for (path, type) in Self.commands() where type.configuration.subcommands.isEmpty {
      let page = HelpPage(path: path, command: type, showsAll: true)
      let shown = page.sections.flatMap(\.parameters).map(\.name)
      let known = CommandDescription(of: type).parameters.filter { !$0.isHidden }.map(\.name)
      #expect(shown.sorted() == known.sorted(), "\(path)")
    }
    let sweep = HelpPage(of: ["sweep"], showsAll: true).text(width: 80)
    #expect(!sweep.contains("--worker"))
  }

  /// An option of training that has no section would stand among the command's own, first of all.
  @Test func optionsOfTrainingHaveSections() {
    for type in [TrainCommand.self, FinetuneCommand.self] as [any ParsableCommand.Type] {
      let page = HelpPage(path: ["lethe"], command: type, showsAll: true)
      #expect(!page.sections.contains { $0.title == HelpSection.ownTitle })
    }
  }

  @Test func commandsStandInGroupsAndStatusesInTheTableOfTheArticle() throws {
    let root = try Command([], environment: ["COLUMNS": "60", "NO_COLOR": "1"])
    #expect(root.status == 0 && !root.output.contains("\u{1B}"))
    for command in Lethe.configuration.subcommands {
      #expect(root.output.contains("\n  \(command._commandName) "), "\(command)")
    }
    #expect(root.output.contains("\nWhat was forgotten, where and why\n"))
    let article = try Repository.text("Sources/LetheCommand/LetheCommand.docc/The-command.md")
    let table = try #require(article.components(separatedBy: "## Exit statuses\n").last)
    let rows = table.components(separatedBy: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(Array(rows) == ExitStatus.meanings.map { "| \($0.status) | \($0.meaning) |" })
    let known = Set(ExitStatus.meanings.flatMap { $0.status.components(separatedBy: ", ") })
    for status in [EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_SOFTWARE, EX_OSERR, EX_CANTCREAT, EX_TEMPFAIL] {
      #expect(known.contains("\(status)"))
    }
  }
}
