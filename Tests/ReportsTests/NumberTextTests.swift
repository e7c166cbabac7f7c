import Testing

@testable import Reports

@Suite struct NumberTextTests {
  @Test func theMinusIsATrueOneAndNeverStandsBeforeZero() {
    #expect(NumberText.fixed(-1.25, 1) == "−1.2" && NumberText.points(-0.0312) == "−3.1")
    // −0.04 rounds to 0.0.
    #expect(
      NumberText.fixed(-0.04, 1) == "0.0" && NumberText.fixed(-0.0, 0) == "0" && NumberText.points(-0.0004) == "0.0")
    #expect(NumberText.significant(-2.5e-7) == "−2.50e−07" && NumberText.grouped(-1234) == "−1,234")
    #expect(NumberText.interval(-0.0261, -0.0004, scale: 100) == "−2.6 to 0.0")
  }

  @Test func aDifferenceSaysThatItIsAGainOnlyWhereItIsSeen() {
    #expect(NumberText.signedPoints(0.0142) == "+1.4" && NumberText.signedPoints(-0.0142) == "−1.4")
    #expect(NumberText.signedPoints(0.0004) == "0.0" && NumberText.signedPoints(-0.0004) == "0.0")
    #expect(NumberText.signedPoints(.nan) == "–" && NumberText.signedPoints(0) == "0.0")
  }

  @Test func whatWasNotMeasuredIsADash() {
    #expect(
      NumberText.fixed(.nan, 2) == "–" && NumberText.significant(.nan) == "–" && NumberText.significant(nil) == "–")
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(NumberText.percent(value) == "–")
      #expect(NumberText.pValue(value) == "–" && NumberText.duration(value) == "–")
      #expect(NumberText.interval(0, value) == "–" && NumberText.interval(value, 0) == "–")
    }
    #expect(NumberText.percent(nil) == "–" && NumberText.duration(-1) == "–")
  }

  /// A layer of zeros that moved has a drift, and it is no dash.
  @Test func aRatioToZeroIsInfinite() {
    #expect(NumberText.fixed(.infinity, 2) == "∞" && NumberText.significant(.infinity) == "∞")
    #expect(NumberText.fixed(-.infinity, 2) == "−∞")
  }

  @Test func aRateHasAllItsDigitsAndTheTrueMinus() {
    #expect(NumberText.rate(0.003) == "0.003" && NumberText.rate(0.1) == "0.1" && NumberText.rate(1) == "1")
    // Swift's own are 1e-05, 3.5e-05 and 1e-12.
    #expect(NumberText.rate(1e-5) == "0.00001" && NumberText.rate(3.5e-5) == "0.000035")
    #expect(NumberText.rate(1e-12) == "1e−12" && NumberText.rate(-0.5) == "−0.5")
  }

  @Test func countsAreGroupedAndTheirNounAgrees() {
    #expect(
      NumberText.grouped(0) == "0" && NumberText.grouped(999) == "999" && NumberText.grouped(1_234_567) == "1,234,567")
    #expect(NumberText.plural(1, "epoch") == "1 epoch" && NumberText.plural(0, "epoch") == "0 epochs")
    #expect(NumberText.plural(2000, "example") == "2,000 examples" && NumberText.plural(2, "batch") == "2 batches")
    #expect(NumberText.plural(1, "class") == "1 class" && NumberText.plural(3, "class") == "3 classes")
  }

  @Test func noLineBeginsWithAPerCentSign() {
    for width in stride(from: 20.0, through: 300, by: 5) {
      let lines = TextMetrics.wrapped("it fell from 91.3 to 64.1 %, a 95 % interval", to: width, size: 12)
      #expect(
        !lines.contains { $0.hasPrefix("%") } && lines.joined(separator: " ").hasSuffix("a 95 % interval"), "\(lines)")
    }
    #expect(PageElements.prose("64.1 % & more") == "64.1\u{A0}% &amp; more")
  }

  @Test func threeDigitsAreSignificant() {
    #expect(NumberText.significant(0) == "0" && NumberText.significant(0.0412) == "0.0412")
    #expect(NumberText.significant(3.14159) == "3.14" && NumberText.significant(31415.9) == "31416")
    #expect(NumberText.significant(1e-5) == "1.00e−05" && NumberText.significant(1e7) == "1.00e+07")
  }

  @Test func secondsBecomeMinutesAndHours() {
    #expect(
      NumberText.duration(0.4) == "0:00" && NumberText.duration(62) == "1:02" && NumberText.duration(3725) == "1:02:05")
    // Rounded first: 59.6 s are a minute.
    #expect(NumberText.duration(59.6) == "1:00" && NumberText.duration(3599.5) == "1:00:00")
  }

  @Test func aRoughDurationIsRoundedUp() {
    #expect(NumberText.roughDuration(0) == "1 s" && NumberText.roughDuration(39.2) == "40 s")
    #expect(NumberText.roughDuration(90) == "2 min" && NumberText.roughDuration(4150) == "1 h 10 min")
    #expect(NumberText.roughDuration(.nan) == "–")
  }

  @Test func aShapeNamesItsSizes() {
    #expect(NumberText.shape([3, 224, -1]) == "3×224×?" && NumberText.shape([]) == "scalar")
  }

  @Test func smallProbabilitiesAreBounds() {
    #expect(NumberText.probability(0.0009) == "p < 0.001" && NumberText.probability(0.001) == "p = 0.001")
    #expect(NumberText.probability(0.0424) == "p = 0.042" && NumberText.pValue(1) == "1.000")
  }
}
