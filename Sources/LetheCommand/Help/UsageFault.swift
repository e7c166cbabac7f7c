import ArgumentParser

/// A name on a command line that nothing has.
enum UsageFault {
  /// What is said of the first such name; nil where all are known, and something else is wrong.
  static func words(for arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = Lethe.self
    var rest = arguments[...]
    while !command.configuration.subcommands.isEmpty {
      let inner = command.configuration.subcommands
      guard let word = rest.popFirst(), !word.hasPrefix("-") else { return nil }
      guard let next = inner.first(where: { $0._commandName == word }) else {
        return "there is no command '\(word)'"
          + FamiliarNames.advice(onCommand: word, among: inner.map { $0._commandName })
      }
      command = next
    }
    let description = CommandDescription(of: command)
    guard let name = description.unknownOption(in: rest) else { return nil }
    return "\(command._commandName) has no option '\(name)'" + FamiliarNames.advice(onOption: name, of: description)
  }
}

extension CommandDescription {
  /// The first word that looks like an option and is none.
  fileprivate func unknownOption(in words: ArraySlice<String>) -> String? {
    let known = Dictionary(
      parameters.flatMap { parameter in parameter.spellings.map { ($0, parameter.takesValue) } },
      uniquingKeysWith: { first, _ in first })
    var rest = words
    while let word = rest.popFirst(), word != "--" {
      guard word.hasPrefix("-"), word.count > 1, Double(word) == nil else { continue }
      let spelling = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
      if let takesValue = known[spelling] {
        if takesValue, spelling == word { _ = rest.popFirst() }
      } else if !isOfHelp(spelling), !isOfLetters(spelling, known: Set(known.keys)) {
        return spelling
      }
    }
    return nil
  }

  private func isOfHelp(_ spelling: String) -> Bool {
    ["-h", "--help", "--help-hidden", "--version"].contains(spelling)
  }

  /// `-qh`: several options of a letter each.
  private func isOfLetters(_ spelling: String, known: Set<String>) -> Bool {
    !spelling.hasPrefix("--") && spelling.dropFirst().allSatisfy { known.contains("-\($0)") || $0 == "h" }
  }
}
