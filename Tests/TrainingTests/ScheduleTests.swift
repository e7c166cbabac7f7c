import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct ScheduleTests {
  private struct Fixture: Decodable {
    let factors: [String: [Double]]
  }

  @Test func factorsEqualPyTorchs() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("schedules/schedules.json")))
    let fixture = try JSONDecoder().decode(Fixture.self, from: data)
    #expect(fixture.factors.count == 6)
    for (text, expected) in fixture.factors {
      let schedule = Schedule(try #require(Schedule.Shape(text)))
      for (step, factor) in expected.enumerated() {
        let own = schedule.factor(step: step, stepsPerEpoch: 20, epochCount: 3)
        #expect(abs(own - factor) < 1e-9, "\(text), step \(step): \(own), expected \(factor)")
      }
    }
  }

  /// Howard and Ruder's equation 3 with T = 100, cut_frac 0.1, ratio 32: cut = 10.
  @Test func slantedTriangularRatesRiseAndFall() throws {
    let schedule = Schedule(try #require(Schedule.Shape("slanted")))
    func factor(_ step: Int) -> Double { schedule.factor(step: step, stepsPerEpoch: 50, epochCount: 2) }
    #expect(abs(factor(0) - 1.0 / 32) < 1e-12)
    #expect(abs(factor(5) - (1 + 0.5 * 31) / 32) < 1e-12)
    #expect(abs(factor(10) - 1) < 1e-12)
    // p = 1 − (55 − 10) / (10 · 9) = 0.5.
    #expect(abs(factor(55) - (1 + 0.5 * 31) / 32) < 1e-12)
  }

  @Test func warmUpRisesInALineAndTheShapeCoversTheRest() {
    let schedule = Schedule(.cosine, warmupEpochs: 1)
    #expect(schedule.factor(step: 0, stepsPerEpoch: 10, epochCount: 3) == 0.1)
    #expect(schedule.factor(step: 9, stepsPerEpoch: 10, epochCount: 3) == 1)
    // Halfway between step 10 and step 30.
    #expect(abs(schedule.factor(step: 20, stepsPerEpoch: 10, epochCount: 3) - 0.5) < 1e-12)
  }

  @Test func aProbeComesBeforeTheSchedule() {
    var options = TrainingOptions()
    options.epochCount = 4
    options.unfreezing = .afterProbe(epochs: 2)
    options.schedule = Schedule(.cosine)
    #expect((0..<20).allSatisfy { options.rateFactor(step: $0, stepsPerEpoch: 10) == 1 })
    #expect(options.rateFactor(step: 20, stepsPerEpoch: 10) == 1)
    #expect(abs(options.rateFactor(step: 30, stepsPerEpoch: 10) - 0.5) < 1e-12)
  }

  @Test(arguments: [
    "linear", "cosine:1", "step:0,0.1", "step:1", "step:1.5,0.1", "exponential:-1", "one-cycle:1,25,100",
    "slanted:0,32",
    "plateau:2,1", "step:1,x", "plateau:", "",
  ])
  func whatIsNoScheduleIsRefused(_ text: String) { #expect(Schedule.Shape(text) == nil) }

  @Test func aPlateauIsMoreThanThePatienceWithoutARise() {
    var meter = PlateauMeter()
    let found = [0.5, 0.6, 0.6, 0.59, 0.7, 0.7, 0.7, 0.7, 0.7].map { meter.isPlateau($0, patience: 1) }
    #expect(found == [false, false, false, true, false, false, true, false, true])
  }
}
