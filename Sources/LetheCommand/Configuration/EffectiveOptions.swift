import ArgumentParser
import Foundation
import Yams

/// A parsed command's options with their values, defaults included, as a configuration file.
struct EffectiveOptions {
  private var pairs: [(Node, Node)] = []

  /// Names that differ from the properties'.
  private static let names = ["learning-rates": "lr", "weight-decays": "weight-decay"]
  /// What says how to run rather than what.
  private static let left: Set<String> = ["config", "print-config", "resume", "json", "quiet"]

  init(of command: any ParsableArguments) { collect(command) }

  var yaml: String {
    (try? Yams.serialize(node: Node.mapping(.init(pairs)), width: -1)) ?? ""
  }

  /// Writes the configuration file to standard output, for `--print-config`.
  func show() { Console.result(String(yaml.dropLast())) }

  /// Without some of them.
  func leaving(_ names: Set<String>) -> EffectiveOptions {
    var result = self
    result.pairs.removeAll { names.contains($0.0.string ?? "") }
    return result
  }

  /// Those that differ from others, as words of a command line.
  func changed(from others: EffectiveOptions) -> [String] {
    pairs.flatMap { name, value -> [String] in
      guard let name = name.string, others.pairs.first(where: { $0.0.string == name })?.1 != value else { return [] }
      let values = value.sequence.map(Array.init) ?? [value]
      return values.compactMap(\.string).flatMap { text -> [String] in
        value.tag == Tag(.bool) ? (text == "true" ? ["--\(name)"] : []) : ["--\(name)", text]
      }
    }
  }

  /// The names of all options of a group, also of those that have no value.
  static func names(of group: any ParsableArguments) -> Set<String> {
    Set(
      Mirror(reflecting: group).children.compactMap(\.label).map {
        let name = kebab($0)
        return names[name] ?? name
      })
  }

  private mutating func collect(_ arguments: Any) {
    for child in Mirror(reflecting: arguments).children {
      guard let label = child.label else { continue }
      if let group = child.value as? any OptionGroupValue {
        collect(group.arguments)
      } else if let option = child.value as? any OptionValue {
        let name = Self.kebab(label)
        let known = Self.names[name] ?? name
        guard !Self.left.contains(known), let node = Self.node(option.value) else { continue }
        pairs.append((Node(known), node))
      }
    }
  }

  /// `_batchSize` as `batch-size`.
  private static func kebab(_ label: String) -> String {
    label.drop { $0 == "_" }.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
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
