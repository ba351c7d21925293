"""The few scripts that the activation pages carry, each for itself. None acts on load; without them every page works.

They are small, because they are part of a small page. They are written for browsers of 2016 (Chrome 49, Safari 10.1,
Samsung Internet 5): no `FormData` or `URLSearchParams` as a body, no `NodeList.forEach`, no `Response.redirected`, no
field's default that is younger. An older browser does not understand them and runs none of them; one that lacks
something, or fails, is left to send its forms by itself. `page` joins those that a page has."""

import re
from typing import Final


def page(*scripts: str) -> str:
    """These scripts, in this order, as they stand in a page."""
    joined = re.sub(r"\n\s*", "", "".join(each.strip() for each in (_NAMES, *scripts))).replace(";}", "}")
    shorter = re.sub(rf"\b({'|'.join(_SHORTER)})\b", lambda found: _SHORTER[found[0]], joined)
    return f"(()=>{{{shorter}}})()"


# Variables, and nothing else in any script, that a page has by one letter.
_SHORTER: Final = {"answer": "a", "each": "b", "event": "e", "first": "f", "pressed": "p"}


# What the others use.
_NAMES: Final = """
const d=document,id=name=>d.getElementById(name);
const all=(query,change,within=d)=>[].map.call(within.querySelectorAll(query),change);
"""

# Notes once, after a second in view, that a person has the page before them. It decides nothing.
OPENED: Final = """
const seen=()=>setTimeout(()=>{
  if(d.visibilityState==='visible')fetch(location.pathname+'/opened',{method:'POST',keepalive:true}).catch(()=>0);
},1000);
"""
SEEN: Final = "seen();"

# An iPad says that it is a Mac; only its touch points tell.
TABLET: Final = """
const touch=()=>{
  const tap=id('tap');
  if(!/Macintosh/.test(navigator.userAgent)||!(navigator.maxTouchPoints>1))return;
  all('[name=here]',field=>field.name='touch');
  all('#tap form',form=>form.insertAdjacentHTML('beforeend','<input type=hidden name=touch value=1>'));
  all('#tap',each=>each.hidden=false);
  all('#elsewhere,summary',each=>each.hidden=true);
  all('details',each=>{
    each.open=true;
    each.hidden=!!tap;
  });
  return true;
};
if(touch())seen();
"""

# A form is sent only by a person's own press; in the page's first second its button cannot be pressed. The tap goes
# straight on to the client where its address leads somewhere useful even if the client is missing; else to the page
# with the button. A page that is answered instead takes this one's place. Whatever else comes of it, the browser sends
# the form itself: it is kept from that only once the request is on its way.
PRESS: Final = """
let pressed=0;
const able=can=>{
  all('form button',button=>button.disabled=!can);
  all('[data-tap] p',said=>said.textContent='');
};
able(false);
setTimeout(able,1000,true);
addEventListener('pageshow',event=>event.persisted&&able(true));
['click','keydown'].forEach(kind=>d.addEventListener(kind,event=>{if(event.isTrusted)pressed=Date.now();},true));
d.addEventListener('submit',event=>{
  const form=event.target,busy=form.getAttribute('data-tap');
  if(!event.isTrusted||Date.now()-pressed>1000||form.querySelector('button').disabled)return event.preventDefault();
  if(!busy)return;
  const sent=fetch(form.action,{
    method:'POST',
    credentials:'same-origin',
    headers:{Accept:'application/json','Content-Type':form.enctype},
    body:all('[name]',each=>[each.name,each.value].map(encodeURIComponent).join('='),form).join('&')
  });
  event.preventDefault();
  able(false);
  form.querySelector('p').textContent=busy;
  sent.then(answer=>{
    const kind=answer.headers.get('content-type');
    if(answer.ok&&/json/.test(kind))return answer.json().then(start);
    if(/html/.test(kind)&&answer.url===form.action)return answer.text().then(show);
    throw kind;
  }).catch(()=>form.submit());
});
const start=answer=>{
  const open=()=>location.assign(answer.open);
  if(!answer.url||!answer.fallback)return open();
  let left=12;
  const ask=()=>left--<1?open():fetch(answer.open.replace(/open$/,'state')).then(told=>told.json())
    .then(told=>setTimeout(told.state==='waiting'?ask:open,1500)).catch(open);
  location.href=answer.url;
  setTimeout(ask,1500);
};
const show=text=>{
  const page=new DOMParser().parseFromString(text,'text/html');
  d.title=page.title;
  d.body.innerHTML=page.body.innerHTML;
  if(typeof touch==='function')touch();
  const first=d.querySelector('[autofocus]')||d.querySelector('h1');
  if(first.tagName==='H1')first.tabIndex=-1;
  first.focus();
};
"""

# What is to be typed or pasted elsewhere can be copied by a button, which only a script can do.
COPY: Final = """
all('[data-copy]',button=>{
  const source=id(button.getAttribute('data-copy'));
  const said=()=>button.nextElementSibling.textContent=button.getAttribute('data-copied');
  const chosen=()=>{
    getSelection().selectAllChildren(source);
    if(d.execCommand('copy'))said();
  };
  button.hidden=false;
  button.addEventListener('click',()=>{
    const board=navigator.clipboard;
    board&&board.writeText?board.writeText(source.textContent).then(said,chosen):chosen();
  });
});
"""

# Shows how far the phone has come, until it is ready or ten minutes have gone.
PROGRESS: Final = """
let left=200,state='',since=0,timer;
const show=name=>all('#progress>*',each=>each.hidden=each.id!==name);
const end=name=>{
  show(name);
  all('#steps,#helps,h1',each=>each.hidden=true);
  d.title=d.querySelector('#'+name+' h2').textContent;
};
const ask=()=>{
  clearTimeout(timer);
  if(left--<1)return;
  fetch(location.pathname.replace(/open$/,'state'))
    .then(answer=>answer.status===410||answer.status===404?{state:'ended'}:answer.json())
    .then(told=>{
      if(told.state==='registered'||told.state==='ended')return end(told.state);
      if(told.state!==state){
        state=told.state;
        since=Date.now();
      }
      const now=Date.now()-since<45000?state:state+'_long';
      show(now);
      all('#steps',each=>each.hidden=now==='fetched');
      timer=setTimeout(ask,3000);
    }).catch(()=>timer=setTimeout(ask,5000));
};
d.addEventListener('visibilitychange',()=>d.visibilityState==='visible'&&!d.querySelector('h1').hidden&&ask());
ask();
"""
