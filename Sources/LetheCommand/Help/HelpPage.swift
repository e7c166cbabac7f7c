import ArgumentParser
import Reports

/// The help of a command, as wide as there is room: its common options, or all of them.
struct HelpPage {
  /// From `lethe` on.
  let path: [String]
  let command: any ParsableCommand.Type
  let showsAll: Bool

  /// The page of the command that some words name.
  init(of words: [String], showsAll: Bool) {
    var (path, command): ([String], any ParsableCommand.Type) = (["lethe"], Lethe.self)
    for word in words {
      guard let inner = command.configuration.subcommands.first(where: { $0._commandName == word }) else { break }
      (path, command) = (path + [word], inner)
    }
    self.init(path: path, command: command, showsAll: showsAll)
  }

  init(path: [String], command: any ParsableCommand.Type, showsAll: Bool) {
    (self.path, self.command, self.showsAll) = (path, command, showsAll)
  }

  /// Of the width of the terminal, but for lines that are too long to read.
  var text: String { text(width: min(TerminalWidth.output, 100)) }

  func text(width: Int) -> String {
    let configuration = command.configuration
    var parts = [HelpText.wrapped(configuration.abstract, width: width)]
    parts.append(HelpText.wrapped("Usage: " + usage, width: width))
    if !configuration.discussion.isEmpty {
      parts.append(HelpText.paragraphs(configuration.discussion, width: width))
    }
    parts += commandGroups(width: width)
    for section in sections { parts.append(lines(section, width: width)) }
    if command == Lethe.self { parts.append(Self.statuses(width: width)) }
    if let note { parts.append(HelpText.wrapped(note, width: width)) }
    return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// What there is besides.
  private var note: String? {
    let name = path.joined(separator: " ")
    guard command.configuration.subcommands.isEmpty else {
      return
        "\((path.prefix(1) + ["help"] + path.dropFirst()).joined(separator: " ")) COMMAND shows what a command takes."
    }
    let rest = hiddenCount
    return rest == 0 ? nil : "\(name) --help-all shows \(NumberText.plural(rest, "more option"))."
  }

  // MARK: - Options

  private var parameters: [CommandDescription.Parameter] {
    CommandDescription(of: command).parameters.filter { !$0.isHidden }
  }

  private var isOfTraining: Bool { parameters.contains { $0.name == "epochs" } }

  struct Section {
    let title: String
    let parameters: [CommandDescription.Parameter]
  }

  /// Arguments, then options by their titles.
  var sections: [Section] {
    let options = parameters.filter { !$0.isPositional }
    let known = HelpSection.all(ofTraining: isOfTraining)
    let placed = Set(known.flatMap { $0.common + $0.further })
    var sections = [Section(title: "Arguments", parameters: parameters.filter(\.isPositional))]
    let own = Section(title: HelpSection.ownTitle, parameters: options.filter { !placed.contains($0.name) })
    if !isOfTraining { sections.append(own) }
    for (place, section) in known.enumerated() {
      let names = section.common + (showsAll ? section.further : [])
      sections.append(
        Section(title: section.title, parameters: names.compactMap { name in options.first { $0.name == name } }))
      if isOfTraining, place == 0 { sections.append(own) }
    }
    return sections.filter { !$0.parameters.isEmpty }
  }

  private var hiddenCount: Int { parameters.count - sections.reduce(0) { $0 + $1.parameters.count } }

  private func lines(_ section: Section, width: Int) -> [String] {
    let column = width >= 72 ? 26 : 20
    return [section.title]
      + section.parameters.flatMap { parameter in
        HelpText.item(parameter.synopsis, parameter.meaning, width: width, column: column)
          + (showsAll ? HelpText.list(parameter.help.discussion, width: width, indent: 8) : [])
      }
  }

  /// `lethe finetune <base> -o <output> [options]`.
  var usage: String {
    guard command.configuration.subcommands.isEmpty else { return path.joined(separator: " ") + " COMMAND …" }
    let needed = parameters.filter { $0.isPositional || $0.isRequired }.map { parameter in
      let name = parameter.isPositional ? parameter.synopsis : parameter.shortSynopsis
      return (parameter.isRequired ? name : "[\(name)]") + (parameter.isPositional && parameter.isRepeating ? " …" : "")
    }
    return (path + needed + ["[options]"]).joined(separator: " ")
  }

  // MARK: - Commands

  private func commandGroups(width: Int) -> [[String]] {
    let configuration = command.configuration
    let groups =
      [CommandGroup(name: "Commands", subcommands: configuration.ungroupedSubcommands)]
      + configuration.groupedSubcommands
    return groups.filter { !$0.subcommands.isEmpty }.map { group in
      [group.name]
        + group.subcommands.flatMap {
          HelpText.item($0._commandName, $0.configuration.abstract, width: width, column: 15)
        }
    }
  }

  private static func statuses(width: Int) -> [String] {
    ["Exit status"]
      + ExitStatus.meanings.flatMap {
        HelpText.item($0.status, $0.meaning.replacing("`", with: ""), width: width, column: 17)
      }
  }
}

extension CommandDescription.Parameter {
  /// `-o, --output <output>`; `<base>` of an argument.
  var synopsis: String {
    isPositional ? "<\(name)>" : spellings.sorted { $0.count < $1.count }.joined(separator: ", ") + value
  }

  /// `-o <output>`.
  fileprivate var shortSynopsis: String { (spellings.min { $0.count < $1.count } ?? "") + value }

  /// The last word of what names it: `<steps>` of `--max-steps`.
  private var value: String {
    guard takesValue else { return "" }
    let word = help.valueName == name ? name.split(separator: "-").last.map(String.init) ?? name : help.valueName
    return " <\(word)>"
  }

  /// What it does, which values it takes where that is not said, and its standard value.
  var meaning: String {
    var notes: [String] = []
    let values = help.values.filter { !$0.isEmpty }
    if values.contains(where: { !help.abstract.contains($0) }) {
      notes.append("values: \(values.joined(separator: ", "))")
    }
    if let standard = help.standard, !standard.isEmpty { notes.append("default: \(standard)") }
    return help.abstract + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
  }
}
