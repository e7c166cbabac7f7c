/// The report of a diagnosis: how much was lost, why, where, and what to do.
public struct DiagnosisReport: Sendable {
  public struct Cause: Sendable {
    public var name: String
    /// Accuracy lost to it, a fraction, with its interval.
    public var loss: Double
    public var low: Double
    public var high: Double
    /// What gets it back.
    public var remedy: String

    public init(name: String, loss: Double, low: Double, high: Double, remedy: String) {
      self.name = name
      self.loss = loss
      self.low = low
      self.high = high
      self.remedy = remedy
    }
  }

  /// Fractions but for drift and similarity.
  public struct Layer: Sendable {
    public var name: String
    public var drift: Double
    public var similarity: Double
    public var null: Double
    public var probeDrop: Double
    public var gain: Double
    public var gainLow: Double
    public var gainHigh: Double
    public var cost: Double
    public var verdict: String

    public init(
      name: String, drift: Double, similarity: Double, null: Double, probeDrop: Double, gain: Double, gainLow: Double,
      gainHigh: Double, cost: Double, verdict: String
    ) {
      self.name = name
      self.drift = drift
      self.similarity = similarity
      self.null = null
      self.probeDrop = probeDrop
      self.gain = gain
      self.gainLow = gainLow
      self.gainHigh = gainHigh
      self.cost = cost
      self.verdict = verdict
    }
  }

  /// One of the source's classes.
  public struct Class: Sendable {
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

  public struct Remedy: Sendable {
    public var action: String
    public var gain: Double
    public var low: Double
    public var high: Double
    public var cost: Double
    public var command: String

    public init(action: String, gain: Double, low: Double, high: Double, cost: Double, command: String) {
      self.action = action
      self.gain = gain
      self.low = low
      self.high = high
      self.cost = cost
      self.command = command
    }
  }

  public var title: String
  public var sourceTask: String
  public var before: Double
  public var after: Double
  public var low: Double
  public var high: Double
  public var pValue: Double
  public var count: Int
  public var lost: Int
  public var gained: Int
  public var causes: [Cause]
  public var layers: [Layer]
  public var correlations: [(measure: String, value: Double)]
  /// Accuracy of a probe fitted to permuted labels; NaN where none was.
  public var probeControl: Double
  public var classes: [Class] = []
  /// Whether the causes are means over the orders in which they can be taken apart.
  public var isAveragedOverOrders = false
  /// Relative drift of every layer by epoch, where a run has epochs.
  public var history: [(layer: String, drift: [(epoch: Int, value: Double)])] = []
  /// The first epoch whose loss is more than chance, where a run has epochs.
  public var firstSignificantEpoch: Int?
  public var remedies: [Remedy]

  public init(
    title: String, sourceTask: String, before: Double, after: Double, low: Double, high: Double, pValue: Double,
    count: Int, lost: Int, gained: Int, causes: [Cause], layers: [Layer],
    correlations: [(measure: String, value: Double)], probeControl: Double, remedies: [Remedy]
  ) {
    self.title = title
    self.sourceTask = sourceTask
    self.before = before
    self.after = after
    self.low = low
    self.high = high
    self.pValue = pValue
    self.count = count
    self.lost = lost
    self.gained = gained
    self.causes = causes
    self.layers = layers
    self.correlations = correlations
    self.probeControl = probeControl
    self.remedies = remedies
  }
}
