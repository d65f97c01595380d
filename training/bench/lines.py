"""Made-up diary lines to measure with, twenty of them, as varied as days are."""

LINES = (
    ("ko", "오늘 강아지랑 바닷가를 산책하고 아이스크림을 먹었다. 오랜만에 정말 행복했다."),
    ("ko", "비가 와서 하루 종일 집에만 있었다. 괜히 눈물이 났다."),
    ("ko", "회사에서 상사가 또 내 보고서를 트집 잡아서 너무 화가 났다."),
    ("ko", "내일 시험이라 도서관에서 늦게까지 공부했는데 불안해서 아무것도 머리에 안 들어온다."),
    ("ko", "엄마 생신이라 식당에서 케이크를 먹었다. 엄마가 웃어서 나도 좋았다."),
    ("ko", "저녁에 한강에서 자전거를 탔다. 노을이 예뻤다."),
    ("ko", "친구랑 노래방에서 두 시간 동안 노래를 불렀다!"),
    ("ko", "할머니가 부엌에서 김치찌개를 끓여 주셨다. 감사하고 따뜻했다."),
    ("ko", "주말인데 할 일이 없어서 고양이랑 침대에서 뒹굴었다."),
    ("ko", "발표는 잘 끝났는데 왜인지 마음이 허전하다. 다들 집에 가고 나 혼자 남았다."),
    ("en", "Worked late at the office again, my laptop is glued to me. So tired."),
    ("en", "Walked home alone through the city at night. All the windows were lit."),
    ("en", "I finally climbed to the top of the mountain with my dad!"),
    ("en", "The exam is over. I drank coffee at a cafe and read a book."),
    ("en", "My brother broke my guitar and did not even say sorry. I am furious."),
    ("en", "Baked bread this morning, the whole kitchen smelled of it."),
    ("en", "I keep worrying about the interview on Monday."),
    ("en", "It snowed! We built a snowman in the park and threw snowballs until dark."),
    ("en", "Grandpa's old house was sold today. I said goodbye to the apple tree."),
    ("en", "A quiet day. Rain on the window, a blanket, and my cat."),
)
