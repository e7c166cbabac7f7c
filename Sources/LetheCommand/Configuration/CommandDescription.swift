import ArgumentParser
import Foundation

/// The options of a subcommand, as the argument parser describes them itself.
struct CommandDescription {
  struct Parameter {
    /// The long name of an option, the value's name of an argument.
    let name: String
    /// With their dashes.
    let spellings: [String]
    let takesValue: Bool
    let isPositional: Bool
    let isRequired: Bool
    let isRepeating: Bool
    /// Not for users.
    let isHidden: Bool
    let help: Help
  }

  /// What help says of a parameter.
  struct Help {
    let valueName: String
    let abstract: String
    let discussion: String
    let values: [String]
    let standard: String?
  }

  let parameters: [Parameter]

  /// Nil for a subcommand that is not there.
  init?(of subcommand: String) {
    guard let type = Self.command(named: subcommand) else { return nil }
    self.init(of: type)
  }

  static func command(named subcommand: String) -> (any ParsableCommand.Type)? {
    Lethe.configuration.subcommands.first { $0.configuration.commandName == subcommand }
  }

  init(of command: any ParsableCommand.Type) {
    let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
    parameters = (dump?.command.arguments ?? []).compactMap { argument in
      let names = argument.names ?? []
      let isPositional = argument.kind == "positional"
      let name = isPositional ? argument.valueName : names.first { $0.kind == "long" }?.name
      guard let name, name != "help", name != "version" else { return nil }
      return Parameter(
        name: name, spellings: names.map { ($0.kind == "long" ? "--" : "-") + $0.name },
        takesValue: argument.kind != "flag", isPositional: isPositional, isRequired: !argument.isOptional,
        isRepeating: argument.isRepeating, isHidden: argument.shouldDisplay == false,
        help: Help(
          valueName: argument.valueName ?? name, abstract: argument.abstract ?? "",
          discussion: argument.discussion ?? "", values: argument.allValues ?? [], standard: argument.defaultValue))
    }
  }

  /// The parameters that a command line gives.
  func given(in arguments: [String]) -> Set<String> {
    var found: Set<String> = []
    var positionals = parameters.filter(\.isPositional)
    var rest = arguments[...]
    while let word = rest.popFirst() {
      let spelling = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
      if let parameter = parameters.first(where: { $0.spellings.contains(spelling) }) {
        found.insert(parameter.name)
        if parameter.takesValue, spelling == word { _ = rest.popFirst() }
      } else if !word.hasPrefix("-"), !positionals.isEmpty {
        found.insert(positionals.removeFirst().name)
      }
    }
    return found
  }

  private struct Dump: Decodable {
    struct Command: Decodable {
      let arguments: [Argument]?
    }

    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }

      let kind: String
      let names: [Name]?
      let isOptional: Bool
      let isRepeating: Bool
      let shouldDisplay: Bool?
      let valueName: String?
      let defaultValue: String?
      let allValues: [String]?
      let abstract: String?
      let discussion: String?
    }

    let command: Command
  }
}
