import Checkpoints
import Foundation
import Yams

/// Options from a YAML file, or from a run that is resumed, put into the command line before it is parsed.
struct ConfigurationFile {
  /// Where it comes from, for messages.
  let origin: String
  private let entries: [(name: String, values: [String])]

  /// - Throws: ``CommandError`` for what is not a mapping of options to values.
  init(yaml: String, origin: String) throws {
    self.origin = origin
    let node: Yams.Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch {
      let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "it cannot be read"
      throw CommandError.badInput("\(origin): not YAML: \(reason)")
    }
    guard let node else {
      entries = []
      return
    }
    guard let mapping = node.mapping else {
      throw CommandError.badInput("\(origin): expected options as NAME: VALUE, one a line")
    }
    entries = try mapping.compactMap { key, value in
      guard let name = key.string else { throw CommandError.badInput("\(origin): an option's name is not text") }
      if value.tag == Tag(.null) { return nil }
      if let scalar = value.scalar { return (name, [scalar.string]) }
      let texts = value.sequence?.compactMap { $0.scalar?.string }
      guard let texts, texts.count == value.sequence?.count else {
        throw CommandError.badInput("\(origin): \(name): expected a value or a list of values")
      }
      return (name, texts)
    }
  }

  init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw CommandError.missing("\(path): no such file") }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw CommandError.badInput("\(path): cannot be read as text")
    }
    try self.init(yaml: text, origin: path)
  }

  /// The options by their long names, in their order.
  var settings: [(name: String, values: [String])] { entries }

  func values(of name: String) -> [String] { entries.first { $0.name == name }?.values ?? [] }

  func value(of name: String) -> String? { values(of: name).first }

  /// The words that give its options, but for those in `given`.
  func words(for command: CommandDescription, subcommand: String, except given: Set<String>) throws -> [String] {
    var options: [String] = []
    var positionals: [String] = []
    for (name, values) in entries {
      guard let parameter = command.parameters.first(where: { $0.name == name }) else {
        throw CommandError.usage(
          "\(origin): lethe \(subcommand) has no option '\(name)'"
            + FamiliarNames.advice(onOption: name, of: command).replacing("--", with: ""))
      }
      if given.contains(name) { continue }
      if parameter.isPositional {
        positionals += values
      } else if parameter.takesValue {
        options += values.map { "--\(name)=\($0)" }
      } else {
        switch values {
        case ["true"]: options.append("--\(name)")
        case ["false"]: break
        default:
          throw CommandError.usage(
            "\(origin): \(name): expected true or false, found '\(values.joined(separator: ", "))'")
        }
      }
    }
    return positionals + options
  }

  /// A command line with the options of its `--config` file and of the run that it resumes.
  static func expanding(_ arguments: [String]) throws -> [String] {
    let needsWork = arguments.contains { word in
      word == "--print-config" || ["--config", "--resume"].contains { word == $0 || word.hasPrefix($0 + "=") }
    }
    guard needsWork, let subcommand = arguments.first, let command = CommandDescription(of: subcommand) else {
      return arguments
    }
    var words = Array(arguments.dropFirst())
    if let path = value(of: "--config", in: words) {
      words =
        try ConfigurationFile(path: path)
        .words(for: command, subcommand: subcommand, except: command.given(in: words)) + words
    }
    if let path = value(of: "--resume", in: words) {
      words =
        try ResumedWords(of: Run.open(path)).words(
          for: command, subcommand: subcommand, except: command.given(in: words))
        + words
    }
    // Options can be shown before anybody knows where the run goes.
    if words.contains("--print-config"), !command.given(in: words).contains("output") { words += ["--output", ""] }
    return [subcommand] + words
  }

  private static func value(of option: String, in words: [String]) -> String? {
    for (index, word) in words.enumerated() {
      if word == option, index + 1 < words.count { return words[index + 1] }
      if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
    }
    return nil
  }
}
