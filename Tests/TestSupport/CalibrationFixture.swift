import Foundation

/// What torchmetrics, PyTorch and SciPy make of some probabilities: `Fixtures/calibration/make_calibration.py`.
public struct CalibrationFixture: Decodable {
  public let classCount: Int
  public let probabilities: [Double]
  public let labels: [Int]
  public let calibrationError: Double
  public let brierScore: Double
  public let negativeLogLikelihood: Double
  public let temperature: Double
  public let lossAtTemperature: Double

  public static func all() throws -> [String: CalibrationFixture] {
    let url = URL(fileURLWithPath: Repository.fixture("calibration/expected.json"))
    return try JSONDecoder().decode([String: CalibrationFixture].self, from: Data(contentsOf: url))
  }
}
