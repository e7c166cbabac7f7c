import Foundation

/// The report of a diagnosis: how much was lost, why, where, when, and what to do. Accuracies are fractions.
public struct DiagnosisReport: Sendable, Codable {
  /// A value with its interval; NaN where it was not measured.
  public struct Estimate: Sendable, Codable {
    public var value: Double
    public var low: Double
    public var high: Double

    public init(_ value: Double, low: Double = .nan, high: Double = .nan) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  public struct Cause: Sendable, Codable {
    public var name: String
    /// Accuracy lost to it.
    public var loss: Estimate
    /// What gets it back.
    public var remedy: String

    public init(name: String, loss: Estimate, remedy: String) {
      self.name = name
      self.loss = loss
      self.remedy = remedy
    }
  }

  public struct Layer: Sendable, Codable {
    public var name: String
    public var drift: Double
    /// Source loss that the drift is predicted to add, nats.
    public var predictedLoss: Double
    /// CKA before against after, on source and on target examples, and of shuffled source examples.
    public var similarity: Estimate
    public var targetSimilarity: Estimate
    public var null: Double
    public var probeDrop: Double
    /// What rewinding it regains of the source, and costs of the target.
    public var gain: Estimate
    public var cost: Double
    public var verdict: String
    /// CKA with itself, with a network never trained, and of the model after with other runs'.
    public var controls: [Double]

    public init(
      name: String, drift: Double, predictedLoss: Double = .nan, similarity: Estimate,
      targetSimilarity: Estimate = Estimate(.nan), null: Double, probeDrop: Double, gain: Estimate, cost: Double,
      verdict: String, controls: [Double] = []
    ) {
      self.name = name
      self.drift = drift
      self.predictedLoss = predictedLoss
      self.similarity = similarity
      self.targetSimilarity = targetSimilarity
      self.null = null
      self.probeDrop = probeDrop
      self.gain = gain
      self.cost = cost
      self.verdict = verdict
      self.controls = controls
    }
  }

  /// One of the source's classes.
  public struct Class: Sendable, Codable {
    public var name: String
    public var count: Int
    public var before: Double
    public var after: Double
    public var lost: Int
    public var gained: Int

    public init(name: String, count: Int, before: Double, after: Double, lost: Int, gained: Int) {
      self.name = name
      self.count = count
      self.before = before
      self.after = after
      self.lost = lost
      self.gained = gained
    }
  }

  /// A source example that went wrong, or came right.
  public struct Example: Sendable, Codable {
    public var index: Int
    public var label: String
    public var before: String
    public var after: String
    public var confidenceBefore: Double
    public var confidenceAfter: Double
    /// Nil where it is not an image, or not shown.
    public var picture: Thumbnail?

    public init(
      index: Int, label: String, before: String, after: String, confidenceBefore: Double, confidenceAfter: Double,
      picture: Thumbnail? = nil
    ) {
      self.index = index
      self.label = label
      self.before = before
      self.after = after
      self.confidenceBefore = confidenceBefore
      self.confidenceAfter = confidenceAfter
      self.picture = picture
    }
  }

  public struct Remedy: Sendable, Codable {
    public var action: String
    public var gain: Estimate
    public var cost: Double
    public var command: String

    public init(action: String, gain: Estimate, cost: Double, command: String) {
      self.action = action
      self.gain = gain
      self.cost = cost
      self.command = command
    }
  }

  /// A number of its own with its name: a measure of forgetting, a correlation, a control.
  public struct Figure: Sendable, Codable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// What every layer of ``layers`` was like at an epoch.
  public struct Epoch: Sendable, Codable {
    public var epoch: Int
    public var drift: [Double]
    public var similarity: [Double]
    public var probeDrop: [Double]

    public init(epoch: Int, drift: [Double], similarity: [Double], probeDrop: [Double]) {
      self.epoch = epoch
      self.drift = drift
      self.similarity = similarity
      self.probeDrop = probeDrop
    }
  }

  public var title: String
  public var sourceTask: String
  /// Whether the source's examples were not at hand: accuracy is then agreement with the model before, on others.
  public var isProxy = false
  public var before: Double
  public var after: Double
  /// What was lost.
  public var loss: Estimate
  public var pValue: Double
  public var count: Int
  public var lost: Int
  public var gained: Int
  /// Measures of forgetting over the epochs, and the chance level.
  public var measures: [Figure] = []
  public var causes: [Cause]
  /// Whether the causes are means over the orders in which they can be taken apart.
  public var isAveragedOverOrders = false
  public var layers: [Layer]
  /// Each measure's rank correlation with what rewinding regains.
  public var correlations: [Figure]
  /// Accuracies of probes to compare with.
  public var probeControls: [Figure] = []
  /// The names of ``Layer/controls``.
  public var controlNames: [String] = []
  public var classes: [Class] = []
  /// The worst first.
  public var examples: [Example] = []
  /// Where a run has epochs.
  public var history: [Epoch] = []
  /// The layer whose similarity fell first, and the epoch.
  public var firstLayer: String?
  public var firstLayerEpoch: Int?
  /// The first epoch whose loss is more than chance, where a run has epochs.
  public var firstSignificantEpoch: Int?
  public var remedies: [Remedy]

  public init(
    title: String, sourceTask: String, before: Double, after: Double, loss: Estimate, pValue: Double, count: Int,
    lost: Int, gained: Int, causes: [Cause], layers: [Layer], correlations: [Figure], remedies: [Remedy]
  ) {
    self.title = title
    self.sourceTask = sourceTask
    self.before = before
    self.after = after
    self.loss = loss
    self.pValue = pValue
    self.count = count
    self.lost = lost
    self.gained = gained
    self.causes = causes
    self.layers = layers
    self.correlations = correlations
    self.remedies = remedies
  }
}

extension DiagnosisReport {
  /// As text that ``init(text:)`` reads.
  public func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  public init(text: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(Self.self, from: Data(text.utf8))
  }
}
