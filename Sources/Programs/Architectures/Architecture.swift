/// What an architecture leaves open.
public struct ArchitectureOptions: Equatable, Sendable {
  /// The two forms of the residual networks.
  public enum Form: String, CaseIterable, Codable, Sendable {
    /// torchvision's: a 7×7 stem of stride 2, then max pooling.
    case imagenet
    /// For small images: a 3×3 stem of stride 1, no pooling.
    case cifar
  }

  /// Channels, height, width.
  public var inputShape: [Int]
  /// Classes of the head.
  public var classCount: Int
  /// Widths of the hidden layers of `mlp`.
  public var hiddenSizes: [Int]
  /// Form of the residual networks.
  public var form: Form

  /// The options of one network; an architecture reads those that concern it.
  public init(inputShape: [Int], classCount: Int, hiddenSizes: [Int] = [256], form: Form = .imagenet) {
    self.inputShape = inputShape
    self.classCount = classCount
    self.hiddenSizes = hiddenSizes
    self.form = form
  }
}

/// The built-in architectures.
public enum Architecture: String, CaseIterable, Sendable {
  case mlp, cnn, resnet18, resnet34, resnet50

  /// The architecture of that name.
  ///
  /// - Throws: ``ProgramError/unknownArchitecture(name:nearest:)``.
  public init(named name: String) throws {
    guard let known = Architecture(rawValue: name) else {
      throw ProgramError.unknownArchitecture(name: name, nearest: nearest(name, in: Self.allCases.map(\.rawValue)))
    }
    self = known
  }

  /// The architecture as a program.
  ///
  /// - Throws: ``ProgramError/invalidOption(architecture:option:expected:found:)`` where it cannot be built so.
  public func program(options: ArchitectureOptions) throws -> Program {
    try check(
      "the input shape", options.inputShape, "three positive sizes: channels, height, width",
      options.inputShape.count == 3 && options.inputShape.allSatisfy { (1...65_536).contains($0) })
    try check("the class count", options.classCount, "1 to 1,000,000", (1...1_000_000).contains(options.classCount))
    return switch self {
    case .mlp: try multilayerPerceptron(options)
    case .cnn: try convolutionalNetwork(options)
    case .resnet18: try residualNetwork(.init(block: .basic, depths: [2, 2, 2, 2]), options)
    case .resnet34: try residualNetwork(.init(block: .basic, depths: [3, 4, 6, 3]), options)
    case .resnet50: try residualNetwork(.init(block: .bottleneck, depths: [3, 4, 6, 3]), options)
    }
  }

  func check(_ option: String, _ found: some Any, _ expected: String, _ isValid: Bool) throws {
    guard isValid else {
      throw ProgramError.invalidOption(
        architecture: rawValue, option: option, expected: expected, found: "\(found)")
    }
  }
}
