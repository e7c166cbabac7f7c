import Models
import Programs

/// A regularizer as a user writes it: `l2-sp:alpha=0.1,beta=0.01`.
public struct RegularizerSpecification: Sendable, Codable, Equatable {
  /// The name of a ``RegularizerKind``.
  public let kind: String
  /// The value of every setting, those left out included.
  public private(set) var settings: [String: String]
  /// What it acts on: `weights` (kernels only), `all` or a glob over parameters; nil for the kind's own.
  public var filter: String?
  /// Applied in the step instead of the gradient.
  public var isDecoupled = false

  /// - Throws: ``TrainingError/unknownRegularizer(name:nearest:known:)`` or
  ///   ``TrainingError/invalidRegularizer(_:reason:)`` for an unknown kind, setting or value.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var given: [String: String] = [:]
    for setting in (parts.count > 1 ? parts[1] : "").split(separator: ",") {
      let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else {
        throw TrainingError.invalidRegularizer(text, reason: "expected NAME=VALUE, found '\(setting)'")
      }
      guard given.updateValue(pair[1], forKey: pair[0]) == nil else {
        throw TrainingError.invalidRegularizer(text, reason: "'\(pair[0])' is set twice")
      }
    }
    try self.init(parts[0], given)
  }

  /// A regularizer of a kind, with the settings that are not the kind's own.
  ///
  /// - Throws: ``TrainingError/unknownRegularizer(name:nearest:known:)`` or
  ///   ``TrainingError/invalidRegularizer(_:reason:)`` for an unknown kind, setting or value.
  public init(_ kind: String, _ given: [String: String] = [:]) throws {
    let known = try Self.kind(named: kind)
    let names = known.settings.map(\.name)
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let setting = known.settings.first(where: { $0.name == name }) else {
        let list = names.isEmpty ? "it has none" : "known: \(names.joined(separator: ", "))"
        let near = nearest(name, in: names)
        let question = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
        throw TrainingError.invalidRegularizer(kind, reason: "it has no setting '\(name)'\(question); \(list)")
      }
      if let expected = setting.objection(to: value) {
        throw TrainingError.invalidRegularizer(kind, reason: "\(name) must be \(expected), found '\(value)'")
      }
    }
    self.kind = kind
    settings = Dictionary(uniqueKeysWithValues: known.settings.map { ($0.name, given[$0.name] ?? $0.standard) })
  }

  private static func kind(named name: String) throws -> RegularizerKind {
    if let kind = RegularizerKind.named(name) { return kind }
    let names = RegularizerKind.all.map(\.name)
    throw TrainingError.unknownRegularizer(name: name, nearest: nearest(name, in: names), known: names)
  }

  /// Whether the source task's head learns with the rest.
  public var trainsSourceHead: Bool { settings["head"] == "trained" }

  /// What it needs of the source task.
  public var need: RegularizerKind.Need {
    guard let known = RegularizerKind.named(kind) else { return .nothing }
    return known.needOf?(settings) ?? known.need
  }

  /// The regularizer for a model about to be trained, its current weights the reference.
  ///
  /// - Throws: ``TrainingError/unstable(regularizer:strength:learningRate:importance:)``, `ProgramError` for a glob
  ///   that matches nothing, ``TrainingError/missingData(_:value:_:)`` where the source task it needs is not there.
  func regularizer(in surroundings: RegularizerContext.Surroundings) throws -> any Regularizer {
    let known = try Self.kind(named: kind)
    if isDecoupled, !known.isDecouplable {
      throw TrainingError.notDecouplable(
        regularizer: kind, able: RegularizerKind.all.filter(\.isDecouplable).map(\.name))
    }
    switch (need, surroundings.source, surroundings.source?.examples) {
    case (.head, nil, _), (.proxy, nil, _):
      throw TrainingError.missingData(.regularizers, value: kind, .sourceHead)
    case (.examples, let source, nil) where source?.memory == nil:
      throw TrainingError.missingData(.regularizers, value: kind, .sourceExamples)
    default: break
    }
    let context = RegularizerContext(
      surroundings, settings: RegularizerSettings(kind: kind, values: settings),
      filter: filter ?? known.standardFilter, isDecoupled: isDecoupled)
    return try RowMajor.$isAsked.withValue(true) { try known.make(context) }
  }
}

/// The values of a regularizer's settings, checked when they were parsed.
public struct RegularizerSettings: Sendable {
  let kind: String
  let values: [String: String]

  /// A setting as it was written, or its standard value.
  ///
  /// - Throws: ``TrainingError`` for a name that the kind does not declare.
  public func text(_ name: String) throws -> String {
    guard let value = values[name] else {
      throw TrainingError.invalidRegularizer(kind, reason: "it declares no setting '\(name)'")
    }
    return value
  }

  /// A setting as a number.
  ///
  /// - Throws: ``TrainingError`` for a name that the kind does not declare, or a text that is no number.
  public func number(_ name: String) throws -> Double {
    guard let value = Double(try text(name)) else {
      throw TrainingError.invalidRegularizer(kind, reason: "\(name) must be a number, found '\(try text(name))'")
    }
    return value
  }

  /// A setting as a whole number, fractions cut off.
  ///
  /// - Throws: ``TrainingError`` for a name that the kind does not declare, or a text that is no number.
  public func integer(_ name: String) throws -> Int {
    guard let whole = Int(exactly: try number(name).rounded(.towardZero)) else {
      throw TrainingError.invalidRegularizer(kind, reason: "\(name) must be a count, found '\(try text(name))'")
    }
    return whole
  }
}
