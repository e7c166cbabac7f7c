/// How far a diagnosis is: what is measured, and how much of it is done.
public final class DiagnosisProgress {
  /// Something that is measured, from its beginning to the next one's.
  public struct Step: Sendable, Equatable {
    /// As it is said after "measuring".
    public var name: String
    /// What is counted, in the singular.
    public var unit: String
    /// How many are done.
    public var done = 0
    /// How many there are; nil where nobody knows.
    public var total: Int?
  }

  /// Told at each beginning, and as more is done.
  public var onChange: (Step) -> Void = { _ in }
  /// How many processes do what is counted; each is taken to be as far as this one.
  var processCount = 1
  private var step = Step(name: "", unit: "example")

  /// - Parameters:
  ///   - total: how many units there are; nil where nobody knows.
  func begin(_ name: String, unit: String = "example", of total: Int? = nil) {
    step = Step(name: name, unit: unit, total: total)
    onChange(step)
  }

  /// Something that several processes share, of which this one has done so much.
  func advanceTogether(by count: Int = 1) {
    let all = count * processCount
    advance(by: processCount == 1 ? all : min(all, (step.total ?? .max) - step.done))
  }

  func advance(by count: Int = 1) {
    step.done += count
    if let total = step.total, step.done > total { step.total = nil }
    onChange(step)
  }
}
