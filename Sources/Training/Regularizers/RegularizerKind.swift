import Synchronization

/// A kind of regularizer: what a user writes, what may be set, and how one is made.
public struct RegularizerKind: Sendable {
  /// What it needs of the task that the model comes from.
  public enum Need: Sendable {
    case nothing
    /// The source task's head.
    case head
    /// The source task's head and training examples.
    case examples
    /// The source task's head, and examples that stand in for the source's.
    case proxy
  }

  /// One setting: `alpha=0.1`.
  public struct Setting: Sendable {
    enum Values: Sendable {
      case number(ClosedRange<Double>)
      case integer(ClosedRange<Int>)
      case choice([String])
      case text
    }

    /// What a user writes before the equals sign.
    public let name: String
    /// As a user would write it.
    public let standard: String
    /// What it means, in a line for a list of settings.
    public let help: String
    let values: Values
    /// The words it may be, the default first; nil where it is no choice.
    public var choices: [String]? { if case .choice(let words) = values { words } else { nil } }

    /// A number, zero or more.
    public static func number(
      _ name: String, _ standard: Double, _ help: String, in range: ClosedRange<Double> = 0...(.greatestFiniteMagnitude)
    ) -> Setting {
      Setting(name: name, standard: short(standard), help: help, values: .number(range))
    }

    /// A whole number, one or more unless told otherwise.
    public static func integer(
      _ name: String, _ standard: Int, _ help: String, in range: ClosedRange<Int> = 1...Int(Int32.max)
    ) -> Setting {
      Setting(name: name, standard: "\(standard)", help: help, values: .integer(range))
    }

    /// One of some words, the first by default.
    public static func choice(_ name: String, _ values: [String], _ help: String) -> Setting {
      Setting(name: name, standard: values.first ?? "", help: help, values: .choice(values))
    }

    /// Any text without a comma.
    public static func text(_ name: String, _ standard: String, _ help: String) -> Setting {
      Setting(name: name, standard: standard, help: help, values: .text)
    }

    /// Why a value will not do; nil for one that will.
    func objection(to value: String) -> String? {
      switch values {
      case .number(let range):
        guard let number = Double(value), range.contains(number) else {
          let bound =
            range.upperBound == .greatestFiniteMagnitude
            ? range.lowerBound == 0 ? "zero or more" : "\(short(range.lowerBound)) or more"
            : "from \(short(range.lowerBound)) to \(short(range.upperBound))"
          return "a number, \(bound)"
        }
      case .integer(let range):
        guard let number = Int(value), range.contains(number) else {
          return "a whole number, \(range.lowerBound) or more"
        }
      case .choice(let words):
        guard words.contains(value) else { return words.joined(separator: " or ") }
      case .text:
        if value.isEmpty { return "a text" }
      }
      return nil
    }
  }

  /// What a user writes before the colon.
  public let name: String
  /// The formula, in a line.
  public let formula: String
  /// What may be set; the first is its strength, which a search for the strength varies.
  public let settings: [Setting]
  /// What it cannot be made without; asked for before anything is trained.
  public let need: Need
  /// Likewise with some settings, where that depends on them.
  let needOf: (@Sendable ([String: String]) -> Need)?
  /// What it acts on unless its specification says otherwise: `weights` (kernels only) or `all`.
  public let standardFilter: String
  /// Whether it can be applied in the step instead of the gradient.
  public let isDecouplable: Bool
  /// Whether it does to each weight by itself what it does, so that a process can do it to a part of a parameter.
  public let worksOnParts: Bool
  /// Whether it has something to do in the first training of all: to measure it.
  public let measuresTraining: Bool
  /// Makes one for a model about to be trained.
  public let make: @Sendable (RegularizerContext) throws -> any Regularizer

  /// A kind; ``register(_:)`` makes it known.
  ///
  /// - Parameters:
  ///   - name: without colons, commas or spaces.
  ///   - formula: what it adds to the loss, in a line.
  ///   - worksOnParts: whether each weight is pulled by itself; its penalty is then of the whole, by
  ///     ``TrainableParameters/partSums``.
  ///   - needOf: what it needs with some settings, by their names; `need` when nil.
  ///   - make: called once for each run, when the model's weights are still w⁰.
  public init(
    _ name: String, _ formula: String, settings: [Setting] = [], need: Need = .nothing,
    needOf: (@Sendable ([String: String]) -> Need)? = nil, standardFilter: String = "weights",
    isDecouplable: Bool = false, worksOnParts: Bool = false, measuresTraining: Bool = false,
    make: @escaping @Sendable (RegularizerContext) throws -> any Regularizer
  ) {
    self.name = name
    self.formula = formula
    self.settings = settings
    self.need = need
    self.needOf = needOf
    self.standardFilter = standardFilter
    self.isDecouplable = isDecouplable
    self.worksOnParts = worksOnParts
    self.measuresTraining = measuresTraining
    self.make = make
  }
}

extension RegularizerKind {
  /// Lethe's own.
  public static let own = [
    L2.kind, L2SP.kind, L1SP.kind, L2SPFisher.kind, GroupLassoSP.kind, GroupLassoSP.fisherKind,
    ElasticWeightConsolidation.kind, SynapticIntelligence.kind, MemoryAwareSynapses.kind,
    HeldAnswers.learningWithoutForgetting, HeldAnswers.divergence, FeatureDistillation.kind, FeatureDistance.kind,
    SpectralShrinkage.kind, Replay.kind, DarkExperienceReplay.kind,
  ]

  private static let registered = Mutex(own)

  /// All that are known, Lethe's own first.
  public static var all: [RegularizerKind] { registered.withLock { $0 } }

  /// Makes a kind known by its name; a kind known under that name before is replaced.
  public static func register(_ kind: RegularizerKind) {
    registered.withLock { kinds in
      kinds.removeAll { $0.name == kind.name }
      kinds.append(kind)
    }
  }

  /// The kind of that name; nil where none is known by it.
  public static func named(_ name: String) -> RegularizerKind? { all.first { $0.name == name } }
}

extension RegularizerKind.Setting {
  /// The settings of an estimate of the source's Fisher information.
  static let fisher: [RegularizerKind.Setting] = [
    .choice(
      "fisher", ["exact", "empirical", "batched"],
      "expectation over the model's own labels, true labels, or squares of batch-mean gradients"),
    .integer("samples", 500, "source examples the Fisher information is estimated on, at most"),
    .integer("batch", 32, "examples a batch of the batched estimate"),
  ]

  /// Whether the source task's head learns with the rest.
  static let head = RegularizerKind.Setting.choice(
    "head", ["trained", "fixed"], "whether the source task's head learns with the rest")
}
