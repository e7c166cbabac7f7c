import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import LetheCommand

/// The commands that pages and helps show are commands that there are.
@Suite struct DocumentedCommandTests {
  @Test(arguments: Page.all) func theParserTakesEveryCommandOfAPage(path: String) throws {
    let page = try Page(path)
    let commands = try DocumentedCommand.all(of: page)
    for command in commands {
      if let fault = Self.fault(in: command.arguments) { Issue.record("\(command.place)\n\(fault)") }
    }
    let shown = page.shellLines.indices.filter { page.shellLines[$0].contains(#/^ *lethe /#) }.map { $0 + 1 }
    let missed = Set(shown).subtracting(commands.map(\.line))
    #expect(missed.isEmpty, "\(path): what the shell did not come to stands in lines \(missed.sorted())")
  }

  @Test(arguments: Page.all) func commandsWithinSentencesHaveTheOptionsThatAreNamed(path: String) throws {
    for (line, code) in try Page(path).inlineCode where code.hasPrefix("lethe ") {
      let words = code.split(separator: " ").dropFirst().map(String.init)
      guard words.first != "…" else { continue }
      if let fault = Self.unknownOption(in: words) { Issue.record("\(path):\(line): `\(code)`: \(fault)") }
    }
  }

  @Test(arguments: Page.all) func optionsWithinSentencesAreOnesOfACommand(path: String) throws {
    let known = Self.commands().reduce(into: Set(["--help", "--help-all", "--version"])) {
      $0.formUnion(CommandDescription(of: $1).parameters.flatMap(\.spellings))
    }
    for (line, code) in try Page(path).inlineCode where !code.hasPrefix("swift ") && !code.hasPrefix(".ci/") {
      for option in Self.options(in: code) where !known.contains(option) {
        Issue.record("\(path):\(line): `\(code)`: no command has \(option)")
      }
    }
  }

  @Test func theParserTakesEveryCommandOfTheHelps() throws {
    for command in Self.commands() {
      let help = HelpPage(path: ["lethe"], command: command, showsAll: true).text(width: 500)
      let text = help.replacing(#/(?m)^ {2}(lethe (?:[^\\\n]|\\\n)*)$/#) { "```sh\n\($0.output.1)\n```" }
      for shown in try DocumentedCommand.all(of: Page(path: "help of \(command._commandName)", text: text)) {
        if let fault = Self.fault(in: shown.arguments) { Issue.record("\(shown.place)\n\(fault)") }
      }
    }
  }

  @Test func whatIsWrongIsFoundWithItsLine() throws {
    let text = """
      # A page

      ```bash
      rates="0.1 0.2"
      for rate in $rates; do
        lethe finetune source --target a.h5 \\
          --lr $rate -o "run $rate" | tail -1 && lethe report "run $rate" --no-such
      done  # lethe nothing
      ```

      ```
      $ lethe evaluate plain --data d.h5
      plain: 80 %
      lethe is not called here
      ```
      """
    let found = try DocumentedCommand.all(of: Page(path: "page.md", text: text))
    #expect(found.map(\.line).suffix(1) == [12] && Set(found.dropLast().map(\.line)).isSubset(of: [6, 7]))
    #expect(found.map { $0.arguments[0] } == ["finetune", "report", "finetune", "report", "evaluate"])
    #expect(found[2].arguments == ["finetune", "source", "--target", "a.h5", "--lr", "0.2", "-o", "run 0.2"])
    #expect(found.map { Self.fault(in: $0.arguments) == nil } == [true, false, true, false, true])
    #expect(try #require(Self.fault(in: found[1].arguments)).contains("--no-such"))
    #expect(Self.unknownOption(in: ["data", "convert", "TEXT", "--tokeniser", "FOLDER"]) == "no option '--tokeniser'")
    #expect(Self.unknownOption(in: ["data", "convert", "TEXT", "--tokenizer", "FOLDER"]) == nil)
    #expect(Self.options(in: "--lr fc=1e-3 a--b -- -o --max-forgetting=2pp") == ["--lr", "--max-forgetting"])
    #expect(Self.unknownOption(in: ["guess"]) == "no command 'guess'")
    #expect(throws: DocumentedCommand.NotShell.self) {
      try DocumentedCommand.all(of: Page(path: "page.md", text: "```sh\nfor x in\n```"))
    }
  }

  /// What the parser says against a command line; options of a file or of a run stand for those that are missing.
  private static func fault(in arguments: [String]) -> String? {
    do {
      _ = try Lethe.parseAsRoot(arguments)
    } catch {
      let message = Lethe.message(for: error)
      let isCompleted = arguments.contains { $0.hasPrefix("--config") || $0.hasPrefix("--resume") }
      if Lethe.exitCode(for: error) == .success || isCompleted && message.hasPrefix("Missing expected argument") {
        return nil
      }
      return message
    }
    return nil
  }

  /// Words with two dashes before them.
  private static func options(in code: String) -> [String] {
    code.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init).filter { $0.contains(#/^--[a-z]/#) }
  }

  private static func unknownOption(in words: [String]) -> String? {
    guard var command = words.first.flatMap(CommandDescription.command(named:)) else {
      return "no command '\(words.first ?? "")'"
    }
    if let inner = command.configuration.subcommands.first(where: { $0._commandName == words.dropFirst().first }) {
      command = inner
    }
    let known = Set(CommandDescription(of: command).parameters.flatMap(\.spellings)).union([
      "--help", "--help-all", "--version",
    ])
    let options = words.filter { $0.contains(#/^-[-a-z]/#) }.map { $0.split(separator: "=", maxSplits: 1)[0] }
    return options.first { !known.contains(String($0)) }.map { "no option '\($0)'" }
  }

  /// The command, its subcommands and theirs.
  private static func commands(of command: any ParsableCommand.Type = Lethe.self) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap { commands(of: $0) }
  }
}
