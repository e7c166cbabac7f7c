import Findings
import Testing

@Suite struct PredictionFindingTests {
  @Test func theJSONHasFilesClassesAndProbabilitiesButNoPictures() throws {
    let finding = PredictionFinding(
      checkpoint: "base.h5", head: "pets", classCount: 2,
      images: [
        .init(
          file: "a.jpg",
          classes: [.init("cat", label: 1, probability: 0.75), .init("dog", label: 0, probability: 0.25)],
          picture: Picture(planes: [1], channels: 1, height: 1, width: 1))
      ])
    let text = try FindingEncoder.encode(finding).serialized()
    #expect(
      text == #"{"checkpoint":"base.h5","head":"pets","classCount":2,"images":[{"file":"a.jpg","classes":["#
        + #"{"class":"cat","label":1,"probability":0.75},{"class":"dog","label":0,"probability":0.25}]}]}"#)
    let read = try FindingDecoder.decode(PredictionFinding.self, from: text)
    #expect(read.images[0].classes == finding.images[0].classes && read.images[0].picture == nil)
  }
}
