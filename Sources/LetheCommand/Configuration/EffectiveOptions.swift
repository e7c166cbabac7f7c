import ArgumentParser
import Yams

/// A parsed command's options with their values, defaults included.
struct EffectiveOptions {
  struct Entry {
    let parameter: CommandDescription.Parameter
    /// That of the innermost group with one; nil where an option stands in none.
    let purpose: OptionPurpose?
    /// Nil for an option that is not given and has no default.
    let value: Node?
  }

  let entries: [Entry]
  private let command: any ParsableCommand.Type

  private init(_ entries: [Entry], of command: any ParsableCommand.Type) {
    self.entries = entries
    self.command = command
  }

  init(of command: any ParsableCommand) {
    let values = Self.collect(command, purpose: nil)
    let parameters = CommandDescription(of: type(of: command)).parameters
    // Both are in the order of declaration.
    precondition(values.count == parameters.count, "\(values.count) values of \(parameters.map(\.name))")
    self.init(
      zip(parameters, values).map { Entry(parameter: $0, purpose: $1.purpose, value: Self.node($1.value)) },
      of: type(of: command))
  }

  /// A command with nothing but what has to be given.
  init(ofStandard command: any ParsableCommand.Type) {
    let words = CommandDescription(of: command).parameters.filter(\.isRequired)
      .flatMap { $0.isPositional ? ["x"] : ["--\($0.name)", "x"] }
    guard let parsed = try? command.parse(words) else { preconditionFailure("\(words) are not all that is required") }
    self.init(of: parsed)
  }

  /// Those of some purposes.
  func only(_ purposes: Set<OptionPurpose>) -> EffectiveOptions {
    EffectiveOptions(entries.filter { $0.purpose.map(purposes.contains) ?? false }, of: command)
  }

  /// The values of these options by how they are written, of those that are given or have a default.
  func values(of names: [String]) -> [String: String] {
    let found = entries.filter { names.contains($0.parameter.name) }.compactMap { entry in
      entry.value.map { ("--\(entry.parameter.name)", ($0.sequence.map(Array.init) ?? [$0]).compactMap(\.string)) }
    }
    return Dictionary(found.map { ($0, $1.joined(separator: ", ")) }) { $1 }
  }

  /// What another call can repeat: all but what is said to this one alone.
  var repeatable: EffectiveOptions { only(Set(OptionPurpose.allCases).subtracting([.invocation])) }
}

// MARK: - As text

extension EffectiveOptions {
  /// As a configuration file.
  var yaml: String {
    let pairs = entries.compactMap { entry in entry.value.map { (Node(entry.parameter.name), $0) } }
    return (try? Yams.serialize(node: Node.mapping(.init(pairs)), width: -1)) ?? ""
  }

  /// Writes what can be repeated to standard output as a configuration file, for `--print-config`.
  ///
  /// A place that is not known yet is left out.
  func show() {
    let known = repeatable.entries.filter { $0.purpose != .place || $0.value?.string != "" }
    Console.text(String(EffectiveOptions(known, of: command).yaml.dropLast()))
  }

  /// The words of another command that computes the same: those given, then the options that say what is asked and how
  /// it is computed, where the other command has them, they are not given yet, and not what they are by default.
  func words(of other: any ParsableCommand.Type, beginning words: [String]) -> [String] {
    let description = CommandDescription(of: other)
    let given = description.given(in: words)
    let standard = EffectiveOptions(ofStandard: command)
    let rest = only([.result, .execution]).entries.filter { entry in
      let (parameter, name) = (entry.parameter, entry.parameter.name)
      guard !parameter.isPositional, !given.contains(name), description.parameters.contains(where: { $0.name == name })
      else { return false }
      return parameter.isRequired || entry.value != standard.entries.first { $0.parameter.name == name }?.value
    }
    return words + rest.flatMap(\.words)
  }
}

extension EffectiveOptions.Entry {
  /// As a command line has it.
  fileprivate var words: [String] {
    guard let value else { return [] }
    let texts = (value.sequence.map(Array.init) ?? [value]).compactMap(\.string)
    guard parameter.takesValue else { return texts == ["true"] ? ["--\(parameter.name)"] : [] }
    return texts.flatMap { ["--\(parameter.name)", $0] }
  }
}

// MARK: - Reading a command

extension EffectiveOptions {
  private static func collect(_ arguments: Any, purpose: OptionPurpose?) -> [(purpose: OptionPurpose?, value: Any)] {
    let purpose = (arguments as? any PurposefulOptions)?.purpose ?? purpose
    return Mirror(reflecting: arguments).children.flatMap { child in
      if let group = child.value as? any OptionGroupValue { return collect(group.arguments, purpose: purpose) }
      return (child.value as? any OptionValue).map { [(purpose, $0.value)] } ?? []
    }
  }

  /// Nil for an option that is not given and has no default.
  private static func node(_ value: Any) -> Node? {
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .optional {
      return mirror.children.first.flatMap { node($0.value) }
    }
    switch value {
    case let list as [String]: return list.isEmpty ? nil : Node(list.map { Node($0) })
    case let number as Double: return Node("\(number)", Tag(.float))
    case let number as Int: return Node("\(number)", Tag(.int))
    case let number as UInt64: return Node("\(number)", Tag(.int))
    case let flag as Bool: return Node("\(flag)", Tag(.bool))
    case let choice as any RawRepresentable: return Node("\(choice.rawValue)")
    default: return Node("\(value)")
    }
  }
}

private protocol OptionValue { var value: Any { get } }
private protocol OptionGroupValue { var arguments: Any { get } }

extension Option: OptionValue { fileprivate var value: Any { wrappedValue } }
extension Flag: OptionValue { fileprivate var value: Any { wrappedValue } }
extension Argument: OptionValue { fileprivate var value: Any { wrappedValue } }
extension OptionGroup: OptionGroupValue { fileprivate var arguments: Any { wrappedValue } }
