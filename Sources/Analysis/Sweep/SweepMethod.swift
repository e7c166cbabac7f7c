import Foundation
import Training

/// One way of holding back: some regularizers together, or none.
public struct SweepMethod: Sendable, Equatable {
  /// As a user would write it: `l2-sp:alpha=0.1`, `lwf + l2-sp`, `none`.
  public let label: String
  /// What is trained with, together; empty for plain fine-tuning.
  public let regularizers: [RegularizerSpecification]

  /// The method without any.
  public static let plain = SweepMethod(label: "none", regularizers: [])

  private init(label: String, regularizers: [RegularizerSpecification]) {
    self.label = label
    self.regularizers = regularizers
  }

  /// - Throws: `TrainingError/invalidRegularizer(_:reason:)` for an unknown kind, setting or value.
  public init(parsing text: String) throws {
    let label = text.trimmingCharacters(in: .whitespaces)
    guard label != "none" else {
      self = .plain
      return
    }
    let parts = label.components(separatedBy: " + ").map { $0.trimmingCharacters(in: .whitespaces) }
    self.init(
      label: parts.joined(separator: " + "), regularizers: try parts.map { try RegularizerSpecification(parsing: $0) })
  }

  /// All methods that a text with alternatives stands for: `l2-sp:alpha=0.01|0.1|1` is three.
  public static func grid(_ text: String) throws -> [SweepMethod] {
    var texts = [""]
    // A setting's value ends at a comma, at a plus or with the text.
    var rest = text[...]
    while let bar = rest.firstIndex(of: "|") {
      let start = rest[..<bar].lastIndex { "=:, ".contains($0) }.map(rest.index(after:)) ?? rest.startIndex
      let end = rest[bar...].firstIndex { ", ".contains($0) } ?? rest.endIndex
      let values = rest[start..<end].split(separator: "|", omittingEmptySubsequences: false)
      guard values.allSatisfy({ !$0.isEmpty }) else {
        throw TrainingError.invalidRegularizer(text, reason: "an alternative beside '|' is empty")
      }
      texts = texts.flatMap { prefix in values.map { prefix + rest[..<start] + $0 } }
      rest = rest[end...]
    }
    return try texts.map { try SweepMethod(parsing: $0 + rest) }
  }

  /// The method with another strength: the first setting of its only regularizer.
  ///
  /// - Throws: ``AnalysisError/noStrength(method:)`` where it has several regularizers, or none.
  public func withStrength(_ strength: Double) throws -> SweepMethod {
    let (name, _) = try strengthSetting()
    let kind = regularizers[0].kind
    let value = String(format: "%.4g", strength)
    var settings = regularizers[0].settings
    settings[name] = value
    let standard = try RegularizerSpecification(kind).settings
    let shown = settings.filter { $0.key != name && $0.value != standard[$0.key] }.sorted { $0.key < $1.key }
    let text = ([(name, value)] + shown.map { ($0.key, $0.value) }).map { "\($0)=\($1)" }.joined(separator: ",")
    return SweepMethod(label: "\(kind):\(text)", regularizers: [try RegularizerSpecification(kind, settings)])
  }

  /// The setting that is its strength, and its value.
  public func strengthSetting() throws -> (name: String, value: Double) {
    guard regularizers.count == 1, let kind = RegularizerKind.named(regularizers[0].kind),
      let setting = kind.settings.first, let value = Double(regularizers[0].settings[setting.name] ?? "")
    else {
      throw AnalysisError.noStrength(method: label)
    }
    return (setting.name, value)
  }
}
