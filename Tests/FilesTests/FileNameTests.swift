import Files
import Testing

@Suite struct FileNameTests {
  @Test func lettersDigitsAndAFewSignsStay() {
    #expect(FileName.safe("l2-sp:alpha=0.1 + lwf") == "l2-sp_alpha=0.1___lwf")
    #expect(FileName.safe("fashion-mnist:5-9") == "fashion-mnist_5-9")
    #expect(FileName.safe("Schuhe/été") == "Schuhe__t_")
  }

  @Test func namesThatMeanSomethingElseAreNotMade() {
    #expect(FileName.safe("") == "_" && FileName.safe("..") == "_.." && FileName.safe("-rf") == "_-rf")
  }

  @Test func aLongTextIsCutAndStaysApartFromAnother() {
    let text = String(repeating: "x", count: 300)
    let (name, other) = (FileName.safe(text), FileName.safe(text + "y"))
    #expect(name.utf8.count == 120 && other.utf8.count == 120 && name != other)
  }

  @Test func namesThatDifferByCaseAloneGetNumbers() {
    #expect(FileName.unique(["map-A.svg", "map-a.svg", "map:a.svg"]) == ["map-A.svg", "map-a-2.svg", "map_a.svg"])
  }
}
