import Models
import Programs
import Torch

/// Something that holds fine-tuning back. It sees the gradients of the task's loss before the optimizer does.
public protocol Regularizer {
  /// What it is, what it acts on and how hard it pulls over an epoch, for the terminal.
  func summary(stepsPerEpoch: Int) -> String
  /// Names of the parameters it acts on.
  var parameterNames: [String] { get }
  /// Parameters for which it takes the place of weight decay.
  var replacesWeightDecay: Set<String> { get }

  /// Adds its gradient to the task's, in place.
  ///
  /// - Parameter gradients: in the order of the trainable parameters.
  /// - Returns: the penalty Ω at the current weights.
  func addGradient(to gradients: [Tensor]) throws -> Double

  /// Changes the weights directly after the optimizer's step; `factor` is the schedule's.
  func afterStep(factor: Double) throws
}

extension Regularizer {
  public func afterStep(factor: Double) throws {}
}

/// A regularizer as a user writes it: `l2-sp:alpha=0.1,beta=0.01`.
public struct RegularizerSpecification: Sendable, Codable, Equatable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case l2
    case l2SP = "l2-sp"
  }

  /// Which parameters are regularized.
  public enum Filter: Sendable, Codable, Equatable {
    /// Kernels: two dimensions or more.
    case weights
    case all
    case matching(String)

    public init(_ text: String) {
      switch text {
      case "weights": self = .weights
      case "all": self = .all
      default: self = .matching(text)
      }
    }
  }

  public var kind: Kind
  public var alpha = 0.1
  public var beta = 0.01
  public var filter = Filter.weights
  /// Applied in the step instead of the gradient.
  public var isDecoupled = false

  public init(_ kind: Kind, alpha: Double = 0.1, beta: Double = 0.01) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
  }

  /// - Throws: ``TrainingError/badOption(_:)`` for an unknown regularizer, setting or value.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let kind = Kind(rawValue: parts[0]) else {
      let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw TrainingError.badOption("unknown regularizer '\(parts[0])'; known: \(known)")
    }
    self.init(kind)
    for setting in parts.dropFirst().joined().split(separator: ",") {
      let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, let value = Double(pair[1]), value >= 0, value.isFinite else {
        throw TrainingError.badOption("regularizer '\(text)': expected NAME=NUMBER (zero or more), found '\(setting)'")
      }
      switch (pair[0], kind) {
      case ("alpha", .l2SP): alpha = value
      case ("beta", _): beta = value
      default:
        let known = kind == .l2SP ? "alpha, beta" : "beta"
        throw TrainingError.badOption("regularizer '\(kind.rawValue)' has no setting '\(pair[0])'; known: \(known)")
      }
    }
  }
}

extension RegularizerSpecification {
  /// The regularizer for a model about to be trained, its current weights the reference.
  ///
  /// - Throws: ``TrainingError/unstable(regularizer:strength:learningRate:largest:)``, `ProgramError` for a glob that
  ///   matches nothing.
  public func regularizer(for model: Model, trainable: TrainableParameters) throws -> any Regularizer {
    var selected = Set(trainable.names)
    switch filter {
    case .weights: selected = selected.filter { (model.parameters[$0]?.shape.count ?? 0) >= 2 }
    case .all: break
    case .matching(let pattern): selected.formIntersection(try model.program.parameterNames(matching: pattern))
    }
    let head = Set(model.program.headParameterNames)
    switch kind {
    case .l2:
      let pull = try Pull(toward: nil, strength: beta, on: selected, of: trainable, name: "L2", isDecoupled)
      return CompositePull(title: "L2 pulls on", [pull], trainable: trainable)
    case .l2SP:
      let start = try Pull(
        toward: { try $0.detached().cloned() }, strength: alpha, on: selected.subtracting(head), of: trainable,
        name: "L2-SP α", isDecoupled)
      let fresh = try Pull(
        toward: nil, strength: beta, on: selected.intersection(head), of: trainable, name: "L2-SP β", isDecoupled)
      return CompositePull(title: "L2-SP pulls on", [start, fresh], trainable: trainable)
    }
  }
}
