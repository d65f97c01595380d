"""What a line denies, cancels, wishes for or only says as an idiom is not drawn; its close neighbours are."""

import pytest

from core.painting import tags
from core.painting.tags import find_tags


def names(text: str) -> set[str]:
    """What was found, by name."""
    return {tag.name for tag in find_tags(text, "ko" if any("가" <= sign <= "힣" for sign in text) else "en")}


NOTHING = """
술은 한 방울도 안 마셨다
라면은 입에도 안 댔다
피자는 손도 안 댔다
바다는 근처에도 못 갔다
케이크는 구경도 못 했다
강아지는 코빼기도 안 보였다
커피는 한 모금도 안 마셨다
고양이를 한 번도 키워 본 적이 없다
강아지는커녕 고양이도 못 봤다
비가 올 줄 알았는데 안 왔다
비가 올 것 같았는데 안 왔다
비가 온다더니 안 왔다
눈이 온다고 했는데 안 왔다
고양이를 보러 갔는데 못 봤다
여행을 가려고 했는데 취소됐다
영화를 보러 가기로 했는데 취소됐다
여행을 포기했다
캠핑이 무산됐다
콘서트가 연기됐다
여행 계획이 물거품이 됐다
놀이공원에 가자고 했는데 결국 못 갔다
치맥 하자고 했는데 배불러서 안 먹었다
운동을 해야 하는데 못 했다
운동하려고 했는데 시간이 없었다
라면을 먹을까 하다가 말았다
여행을 갈까 말까 고민했다
치킨을 시키려다가 참았다
라면이 당겼지만 참았다
치킨이 먹고 싶은데 참았다
술을 마실 뻔했다
눈이 왔으면 했다
눈이 오기를 바랐다
비나 왔으면
고양이가 있었으면 했다
바다에 갔더라면 좋았을걸
우산을 가져올걸
우산을 가져왔어야 했는데
자전거를 사야겠다
내일은 꼭 운동해야지
강아지를 키우는 게 소원이다
제주도 여행이 소원이다
소원은 강아지를 키우는 것이다
강아지 사진을 보여 달라고 했다
우물 안 개구리였다
호랑이도 제 말 하면 온다더니
누워서 떡 먹기였다
고양이 세수만 하고 나갔다
바람 쐬러 나갔다
거짓말을 밥 먹듯이 한다
이야기가 산으로 갔다
다리에 쥐가 나서 깼다
If only I had a dog
I'd rather be at the beach
I miss the sea
I'll miss the beach
Nobody brought cake
No one came to the party
I skipped the gym
I skipped breakfast
I could use a coffee
I could really go for a pizza
My trip to Japan got cancelled
We called off the picnic
The concert was called off
The game was rained out
I cancelled my gym membership
I almost bought a guitar
We ran out of milk
I gave up coffee
If I had a boat, I would sail
I should've brought an umbrella
Someday I'll have a horse
I need a vacation
I'd love a puppy
I spilled the beans
It drives me up the wall
It's water under the bridge
He is a wolf in sheep's clothing
They fight like cats and dogs
I was as busy as a bee
요가 수업을 빠졌다
I no longer play the piano
I'd kill for some fried chicken
Hoping to see the sea next year
We talked about getting a cat
I turned down a slice of pizza
커피 끊은 지 한 달째다
강아지를 입양할까 고민 중이다
놀이동산은 다음 주로 미뤄졌다
떡볶이 생각이 간절하다
기타는 쳐 본 적도 없다
책은 한 장도 못 읽었다
고양이 알레르기라 못 키운다
콘서트 티켓을 못 구했다
언젠가 바닷가에 살고 싶다
약을 먹었어야 했나 보다
오늘따라 엄마가 그리웠다
축구를 하자고 했지만 아무도 안 왔다
비만 안 왔으면 완벽했을 텐데
I decided against the cake
We never made it to the beach
The dog was nowhere to be found
I passed on dessert
Too tired to go to the gym
I have been dreaming about a trip to Paris
We ended up not going to the zoo
I can't remember the last time I saw the sea
I haven't had pizza in weeks
I would give anything for a day at the beach
If it hadn't rained we would have had a picnic
I refused to eat the soup
I wanted to bake cookies but we had no eggs
I thought it would snow but it didn't
They promised us a dog but never got one
I didn't even touch my coffee
I bailed on yoga
I put off my dentist appointment
I thought about buying a bike
Not one flower has bloomed
I keep hoping for a letter
Wishing for rain
지갑을 잃어버렸다
자전거를 도둑맞았다
게임기를 팔았다
우산을 두고 왔다
케이크가 품절이었다
여행 갈 돈이 없다
내가 강아지였으면 좋겠다
예전에는 자전거를 탔었는데 이제는 안 탄다
TV를 안 봤다
I forgot my umbrella
My bike was stolen
The cafe was closed
The cake was sold out
I sold my guitar
I quit drinking beer last month
I'm allergic to cats
I avoided the gym again
We had to give away the cat
We used to have a cat
I used to ride my bike every day, not anymore
My friends went to the beach without me
"""


@pytest.mark.parametrize("text", NOTHING.strip().splitlines())
def test_nothing_is_drawn(text):
    assert names(text) == set()


DRAWN = """
비가 안 올 줄 알았는데 왔다 | rain
비가 올 줄 몰랐는데 왔다 | rain
비가 온다고 하더니 정말 왔다 | rain
비가 오다가 이제 안 온다 | rain
비가 온다고 해서 안 나갔다 | rain
비가 올까 봐 우산을 챙겼는데 안 왔다 | umbrella
소풍이 비 때문에 취소됐다 | rain
강아지랑 산책하려고 했는데 비가 왔다 | rain
여행을 취소하려다가 그냥 갔다 | travel
여행을 포기하지 않았다 | travel
영화가 취소될 줄 알았는데 봤다 | cinema
약속이 취소됐지만 혼자 영화를 봤다 | cinema
커피를 안 마시려고 했는데 결국 마셨다 | coffee
치킨을 사 달라고 했더니 사 주셨다 | chicken
바다에 가자고 해서 갔다 | sea
책을 읽으려고 도서관에 갔다 | library read
산책하고 싶어서 나갔다 | walk
고양이 카페 말고 만화 카페 | read cafe
오이 빼고 김밥을 샀다 | gimbap
커피 말고도 케이크를 먹었다 | coffee cake
커피 말고는 안 마셨다 | coffee
물밖에 안 마셨다 | water
커피를 마시지 말걸 | coffee
강아지가 밥을 안 먹는다 | dog
학교에 가야 해서 일찍 일어났다 | school alarm
강아지가 아파서 병원에 가야 했다 | dog hospital
기차를 놓칠 뻔했다 | train
피아노를 칠 줄 안다 | piano
친구를 만나기로 했는데 친구가 늦게 왔다 | friend
비행기가 취소돼서 공항에서 기다렸다 | airplane airport hourglass
skipped stones at the sea | sea rock
My dog skipped along the beach | dog beach
I skipped lunch to walk the dog | dog walk
I skipped school and went to the beach | beach
We were going to go to the beach but stayed home | home
We were going to the beach when it rained | beach rain
We had planned to see a movie but the car broke down | drive
I was supposed to go swimming but it rained | rain
The picnic was postponed because of rain | rain
The concert wasn't cancelled after all | singer
Picnic cancelled, so we watched a movie | cinema
I never miss the gym | gym
I couldn't resist the cake | cake
I missed the bus | bus
We didn't miss the train | train
Nobody but my dog was home | dog home
No one was on the beach | beach
Nothing beats a hot coffee | coffee
If it rains I take an umbrella | rain umbrella
Instead of coffee I had tea | tea
I had tea rather than coffee | tea
I dressed as a ghost | ghost
I like a good cake | cake
I planned the trip to Japan | travel
It was raining cats and dogs | rain
We saw cats and dogs | cat dog
We ate beans | beans
I drove to the sea | drive sea
I turned down the music | music
고양이를 만지려는데 도망갔다 | cat
고양이를 만지려고 했는데 도망갔다 | cat
아침은 거르고 커피만 마셨다 | coffee morning_time
맥주가 생각났지만 물을 마셨다 | water
전화를 끊었다 | phone_call
결국 영화는 못 보고 집에 왔다 | home
오늘은 운동 안 가고 집에서 쉬었다 | home sofa
비 예보가 있었는데 맑았다 | sun
케이크를 사려다 빵만 샀다 | bread
라면 대신 죽을 먹었다 | porridge
제주도 가고 싶다고 노래를 불렀다 | karaoke
자전거는 안 타고 걸어서 갔다 | walk
버스를 놓쳐서 택시를 탔다 | taxi bus
바다 말고 산으로 갔다 | mountain
커피 마시려다 차를 마셨다 | tea
My date stood me up at the cafe | cafe
Instead of studying I watched a movie | cinema
There weren't any ducks at the pond | lake
I chose tea over coffee | tea
I lost my umbrella on the bus | bus
I left the beach at noon | beach noon_time
I closed the book | read
I'm used to the rain | rain
The dog ran away | dog
붕어빵을 파는 가게에 갔다 | bungeoppang shopping
책을 두고 한참 울었다 | read
고양이 알레르기가 있다 | sneeze
TV를 봤다 | tv
떡볶이랑 돈까스를 먹었다 | tteokbokki tonkatsu
Ate tonkatsu, then a bungeoppang | tonkatsu bungeoppang
I walked the dog without an umbrella | dog walk
"""


@pytest.mark.parametrize("line", DRAWN.strip().splitlines())
def test_what_was_there_after_all_is_drawn(line):
    text, _, want = line.partition(" | ")
    assert names(text) == set(want.split())


def test_without_kiwipiepy_the_plainest_of_it_is_heard_too(monkeypatch):
    monkeypatch.setattr(tags, "has_kiwi", lambda: False)
    for text in ("고양이 말고 강아지를 봤다", "강아지를 봤다"):
        assert names(text) == {"dog"}
    for text in ("자전거를 사야겠다", "여행이 취소됐다", "고양이가 있었으면 했다"):
        assert names(text) == set()
